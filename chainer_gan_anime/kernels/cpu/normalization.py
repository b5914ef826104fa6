"""The sums and the arithmetic of batch normalisation, a few channels at a time in the cache.

With the batch innermost a channel is one contiguous row; its values are read once from memory
and stay in the cache for all that is done with them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy

from chainer_gan_anime.kernels.cpu.layout import from_batch_innermost, scratch, to_batch_innermost

BLOCK_VALUES = 1 << 16


def _channel_blocks(channels: int, values: int) -> Iterator[slice]:
    """Cut the channels, of ``values`` numbers each, into cache-sized groups."""
    step = max(1, BLOCK_VALUES // values)
    for start in range(0, channels, step):
        yield slice(start, start + step)


def _row_dots(a: numpy.ndarray, b: numpy.ndarray) -> numpy.ndarray:
    """Scalar product of each row of ``a`` with that of ``b``."""
    return numpy.matmul(a[:, None, :], b[:, :, None])[:, 0, 0]


def _as_rows(x: numpy.ndarray) -> numpy.ndarray:
    """Images (n, c, h, w) as a matrix (c, h * w * n)."""
    return to_batch_innermost(x).reshape(x.shape[1], -1)


def _as_images(rows: numpy.ndarray, shape: tuple[int, ...]) -> numpy.ndarray:
    """A matrix (c, h * w * n) as images of ``shape`` (n, c, h, w)."""
    n, channels, height, width = shape
    return from_batch_innermost(rows.reshape(channels, height, width, n))


def mean_and_variance(x: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Mean and (biased) variance of each channel of images (n, c, h, w): two arrays (c,)."""
    rows = _as_rows(x)
    mean = rows.mean(axis=1)
    variance = numpy.empty_like(mean)
    for block in _channel_blocks(*rows.shape):
        centred = scratch("centred", rows[block].shape)
        numpy.subtract(rows[block], mean[block, None], out=centred)
        variance[block] = _row_dots(centred, centred)
    variance /= rows.shape[1]
    return mean, variance


def normalise(
    x: numpy.ndarray,
    mean: numpy.ndarray,
    inv_std: numpy.ndarray,
    gamma: numpy.ndarray,
    beta: numpy.ndarray,
) -> numpy.ndarray:
    """``(x - mean) * inv_std * gamma + beta`` of images (n, c, h, w) and arrays (c,)."""
    rows = _as_rows(x)
    y = numpy.empty_like(rows)
    scale = inv_std * gamma
    for block in _channel_blocks(*rows.shape):
        numpy.subtract(rows[block], mean[block, None], out=y[block])
        y[block] *= scale[block, None]
        y[block] += beta[block, None]
    return _as_images(y, x.shape)


def sums_of_gradients(
    x_hat: numpy.ndarray, gy: numpy.ndarray
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Gradients of beta and gamma, ``sum(gy)`` and ``sum(gy * x_hat)`` by channel."""
    gy_rows = _as_rows(gy)
    return gy_rows.sum(axis=1), _row_dots(gy_rows, _as_rows(x_hat))


def input_gradient(
    x_hat: numpy.ndarray,
    gy: numpy.ndarray,
    scale: numpy.ndarray,
    ggamma: numpy.ndarray,
    gbeta: numpy.ndarray,
) -> numpy.ndarray:
    """``scale * (gy - (x_hat * ggamma + gbeta) / m)``, m the number of values of a channel.

    Args:
        x_hat: Normalised images (n, c, h, w).
        gy: Gradient of the output, of the same shape.
        scale: gamma / standard deviation, (c,).
        ggamma, gbeta: Gradients of gamma and beta, (c,).
    """
    x_rows, gy_rows = _as_rows(x_hat), _as_rows(gy)
    gx = numpy.empty_like(x_rows)
    factor, shift = ggamma / x_rows.shape[1], gbeta / x_rows.shape[1]
    for block in _channel_blocks(*x_rows.shape):
        numpy.multiply(x_rows[block], -factor[block, None], out=gx[block])
        gx[block] += gy_rows[block]
        gx[block] -= shift[block, None]
        gx[block] *= scale[block, None]
    return _as_images(gx, gy.shape)
