"""The gradient of a convolution's weight as one product of matrices, in bfloat16.

oneDNN's own kernel runs along the rows of an image, and leaves most of AMX idle where these are
short: for 8x8 outputs and less it takes 1.2 to 4 times as long as gathering the windows and
multiplying them.
"""

from __future__ import annotations

import numpy

from chainer_gan_anime.kernels.onednn import api
from chainer_gan_anime.kernels.onednn.primitives import Operation, remembered

MAX_POSITIONS = 64  # pixels of an output


def are_faster(x: numpy.ndarray, gy: numpy.ndarray) -> bool:
    """Whether to compute so from an input and the gradient of its output."""
    return x.dtype == numpy.uint16 and gy.shape[2] * gy.shape[3] <= MAX_POSITIONS


@remembered
def _product(rows: int, depth: int, columns: int) -> Operation:
    """Of the transpose of (depth, rows) and (depth, columns), both bfloat16: float32."""
    dnn = api.onednn()
    left = dnn.layout((rows, depth), (1, rows), api.BF16)
    right = dnn.layout((depth, columns), (columns, 1), api.BF16)
    result = dnn.layout((rows, columns), (columns, 1))
    descriptor = dnn.describe("matmul", dnn.engine, left, right, None, result, dnn.attributes)
    return Operation(descriptor, {api.SRC: left, api.WEIGHTS: right}, {api.DST: result})


def weight_gradient(
    x: numpy.ndarray,
    gy: numpy.ndarray,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    pad: tuple[int, int],
) -> numpy.ndarray:
    """Gradient of a convolution's weight.

    Args:
        x: The convolution's input (n, c, h, w), uint16 as bfloat16, channels last in memory.
        gy: Gradient of its output (n, oc, oh, ow), likewise.
        kernel, stride, pad: The convolution's.

    Returns:
        Array (oc, c, kh, kw), float32, contiguous.
    """
    n, c, h, w = x.shape
    _, oc, oh, ow = gy.shape
    # Windows may reach past the padded image (cover_all), and rows may stay unread.
    height, width = (
        max(size + 2 * p, (o - 1) * s + k)
        for size, p, o, s, k in zip((h, w), pad, (oh, ow), stride, kernel)
    )
    frame = numpy.zeros((n, height, width, c), numpy.uint16)
    frame[:, pad[0] : pad[0] + h, pad[1] : pad[1] + w] = x.transpose(0, 2, 3, 1)
    image, row, pixel, _ = frame.strides
    windows = numpy.lib.stride_tricks.as_strided(
        frame,
        (n, oh, ow, kernel[0], kernel[1] * c),  # a row of a window lies in one piece
        (image, stride[0] * row, stride[1] * pixel, row, frame.itemsize),
        writeable=False,
    )
    gathered = numpy.ascontiguousarray(windows).reshape(n * oh * ow, -1)
    gradient = numpy.empty((oc, gathered.shape[1]), numpy.float32)
    slopes = gy.transpose(0, 2, 3, 1)
    _product(oc, len(gathered), gathered.shape[1])(slopes, gathered, gradient)
    return numpy.ascontiguousarray(gradient.reshape(oc, *kernel, c).transpose(0, 3, 1, 2))
