"""Batch normalisation of images with the channels last: statistics by NumPy, the rest by oneDNN.

oneDNN's own statistics are off by up to 3e-6 standard deviations, which turns signs of values
near zero and with them ReLU's masks.  Here the sums are added up block by block and in rows of
many pixels, so that no sum is a long chain of single additions.
"""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import c_float

import numpy

from chainer_gan_anime.kernels.onednn import api
from chainer_gan_anime.kernels.onednn.layout import to_channels_last
from chainer_gan_anime.kernels.onednn.primitives import Operation, remembered

ROW_VALUES = 4096  # of the rows that are added up: long enough for vectors, short for the cache
BLOCK_VALUES = 1 << 16


def _blocks(x: numpy.ndarray) -> Iterator[numpy.ndarray]:
    """Yield all pixels of channels-last images as matrices (rows, pixels of a row * c)."""
    c = x.shape[1]
    pixels = x.transpose(0, 2, 3, 1).reshape(-1, c)
    width = max(ROW_VALUES // c, 1)
    whole = len(pixels) // width * width
    rows = pixels[:whole].reshape(-1, width * c)
    step = max(BLOCK_VALUES // (width * c), 1)
    for start in range(0, len(rows), step):
        yield rows[start : start + step]
    if whole < len(pixels):
        yield pixels[whole:]


def _sum_of_pixels(row: numpy.ndarray, c: int) -> numpy.ndarray:
    """Sum a row (pixels * c,) by channel, in float64: (c,)."""
    return row.reshape(-1, c).sum(axis=0, dtype=numpy.float64)


def channel_sums(x: numpy.ndarray) -> numpy.ndarray:
    """Sum images (n, c, h, w) by channel: (c,).

    NumPy's own sum over all other axes adds c numbers at a time, several times slower for few.
    """
    c = x.shape[1]
    total = numpy.zeros(c)
    for block in _blocks(to_channels_last(x)):
        total += _sum_of_pixels(block.sum(axis=0), c)
    return total.astype(numpy.float32)


def mean_and_variance(x: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Mean and (biased) variance of each channel of images (n, c, h, w): two arrays (c,).

    One pass over the memory: sums of the distances from an estimate of the mean and of their
    squares, which lose nothing as long as the estimate is within some standard deviations.
    """
    x = to_channels_last(x)
    c = x.shape[1]
    m = x.size // c
    estimate = next(_blocks(x)).reshape(-1, c).mean(axis=0)
    total, squares = numpy.zeros(c), numpy.zeros(c)
    for block in _blocks(x):
        distances = block - numpy.tile(estimate, block.shape[1] // c)
        total += _sum_of_pixels(distances.sum(axis=0), c)
        numpy.square(distances, out=distances)
        squares += _sum_of_pixels(distances.sum(axis=0), c)
    shift = total / m
    return (
        (estimate + shift).astype(numpy.float32),
        (squares / m - shift**2).astype(numpy.float32),
    )


def _describe_forward(images: api.Handle, flags: int) -> api.Handle:
    dnn = api.onednn()
    arguments = images, images, c_float(0), flags, dnn.attributes
    return dnn.describe("batch_normalization_forward", dnn.engine, api.FORWARD, *arguments)


def _layouts(shape: tuple[int, ...]) -> tuple[api.Handle, api.Handle]:
    """Layouts of channels-last images and of a vector with an element a channel."""
    _, c, h, w = shape
    dnn = api.onednn()
    return dnn.layout(shape, (h * w * c, 1, w * c, c)), dnn.layout((c,), (1,))


@remembered
def _forward(shape: tuple[int, ...]) -> Operation:
    images, vector = _layouts(shape)
    flags = api.GIVEN_STATISTICS | api.USE_SCALE | api.USE_SHIFT
    inputs = {api.SRC: images}
    inputs |= dict.fromkeys((api.MEAN, api.VARIANCE, api.SCALE, api.SHIFT), vector)
    return Operation(_describe_forward(images, flags), inputs, {api.DST: images})


@remembered
def _backward(shape: tuple[int, ...]) -> Operation:
    dnn = api.onednn()
    images, vector = _layouts(shape)
    flags = api.USE_SCALE | api.USE_SHIFT
    descriptor = dnn.describe(
        "batch_normalization_backward",
        *(dnn.engine, api.BACKWARD, images, images, images, c_float(0), flags),
        *(_describe_forward(images, flags), dnn.attributes),
    )
    inputs = {api.SRC: images, api.DIFF_DST: images}
    inputs |= dict.fromkeys((api.MEAN, api.VARIANCE, api.SCALE), vector)
    outputs = {api.DIFF_SRC: images, api.DIFF_SCALE: vector, api.DIFF_SHIFT: vector}
    return Operation(descriptor, inputs, outputs)


def normalise(
    x: numpy.ndarray,
    mean: numpy.ndarray,
    inv_std: numpy.ndarray,
    gamma: numpy.ndarray,
    beta: numpy.ndarray,
) -> numpy.ndarray:
    """``(x - mean) * inv_std * gamma + beta`` of images (n, c, h, w) and contiguous (c,)."""
    x = to_channels_last(x)
    y = numpy.empty_like(x)
    # oneDNN divides by the root of a variance, to which it adds an eps, of 0 here.
    _forward(x.shape)(x, mean, inv_std**-2, gamma, beta, y)
    return y


def gradients(
    x: numpy.ndarray,
    gy: numpy.ndarray,
    mean: numpy.ndarray,
    inv_std: numpy.ndarray,
    gamma: numpy.ndarray,
) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """Gradients of x, gamma and beta.

    Args:
        x: What was normalised (n, c, h, w).
        gy: Gradient of the result, of the same shape.
        mean, inv_std, gamma: As in :func:`normalise`.
    """
    x, gy = to_channels_last(x), to_channels_last(gy)
    gx, ggamma, gbeta = numpy.empty_like(x), numpy.empty_like(gamma), numpy.empty_like(gamma)
    _backward(x.shape)(x, gy, mean, inv_std**-2, gamma, gx, ggamma, gbeta)
    return gx, ggamma, gbeta
