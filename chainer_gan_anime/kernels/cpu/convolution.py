"""Convolution, deconvolution and the weight's gradient as one sgemm per cache-sized tile.

Chainer's own CPU functions build the whole column matrix and let ``tensordot`` transpose it
before, and the product after, one large GEMM; the deconvolution scatters a column matrix back
with overlapping additions.  Here columns are gathered tile by tile into one reused buffer, the
product lands where it belongs, and a deconvolution of stride s is s*s small convolutions of the
input, one for each residue of the output's row and column ("sub-pixel" form: Shi et al.,
arXiv:1609.07009), so that nothing is added twice.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy

from chainer_gan_anime.kernels.cpu.layout import (
    framed,
    from_batch_innermost,
    scratch,
    to_batch_innermost,
)

Pair = tuple[int, int]

# A tile of columns should stay in the L2 cache while the GEMM reads it; below some hundred
# columns BLAS spends more on packing the weight than on the product.
TILE_BYTES = 1 << 19
MIN_TILE_COLUMNS = 512


def _tiles(height: int, width: int, positions: int) -> Iterator[tuple[slice, slice]]:
    """Cut a grid into runs of whole rows, or of parts of a row, of about ``positions`` cells."""
    if positions >= width:
        step = positions // width
        for row in range(0, height, step):
            yield slice(row, min(row + step, height)), slice(0, width)
    else:
        for row in range(height):
            for column in range(0, width, positions):
                yield slice(row, row + 1), slice(column, min(column + positions, width))


def _columns(
    frame: numpy.ndarray, kernel: Pair, stride: Pair, size: Pair
) -> Iterator[tuple[slice, slice, numpy.ndarray]]:
    """Yield (rows, columns, matrix) of the windows of ``frame``; the next step reuses matrix.

    Args:
        frame: Padded images (c, H, W, n), contiguous.
        kernel, stride, size: Height and width of the window, of its step, of the output.

    Yields:
        A range of output rows and of output columns, and the windows that belong to them as a
        matrix (c * kh * kw, rows * columns * n).
    """
    channels, _, _, n = frame.shape
    (kh, kw), (sy, sx) = kernel, stride
    c_step, y_step, x_step, n_step = frame.strides
    windows = numpy.lib.stride_tricks.as_strided(
        frame,
        (channels, kh, kw, *size, n),
        (c_step, y_step, x_step, sy * y_step, sx * x_step, n_step),
        writeable=False,
    )
    depth = channels * kh * kw
    columns = max(TILE_BYTES // (depth * frame.itemsize), MIN_TILE_COLUMNS)
    for rows, cols in _tiles(*size, max(columns // n, 1)):
        tile = windows[:, :, :, rows, cols]
        matrix = scratch("columns", tile.shape)
        numpy.copyto(matrix, tile)
        yield rows, cols, matrix.reshape(depth, -1)


def _span(rows: slice, cols: slice, width: int, n: int) -> slice:
    """The range of a flattened (height, width, n) that a tile of ``_tiles`` covers."""
    start = (rows.start * width + cols.start) * n
    return slice(start, start + (rows.stop - rows.start) * (cols.stop - cols.start) * n)


def _correlate(
    frame: numpy.ndarray,
    weight: numpy.ndarray,
    kernel: Pair,
    stride: Pair,
    size: Pair,
    b: numpy.ndarray | None,
) -> numpy.ndarray:
    """Slide ``weight`` (oc, c * kh * kw) over a frame; returns (n, oc, height, width)."""
    n = frame.shape[3]
    y = numpy.empty((len(weight), *size, n), dtype=numpy.float32)
    y_matrix = y.reshape(len(weight), -1)
    for rows, cols, matrix in _columns(frame, kernel, stride, size):
        out = y_matrix[:, _span(rows, cols, size[1], n)]
        numpy.matmul(weight, matrix, out=out)
        if b is not None:
            out += b[:, None]
    return from_batch_innermost(y)


def _frame_of_convolution(
    x: numpy.ndarray, kernel: Pair, stride: Pair, pad: Pair, size: Pair
) -> numpy.ndarray:
    """Pad ``x`` just as far as the windows reach."""
    height, width = (s * (o - 1) + k for s, o, k in zip(stride, size, kernel))
    return framed(x, *pad, height, width)


def convolve(
    x: numpy.ndarray,
    weight: numpy.ndarray,
    b: numpy.ndarray | None,
    stride: Pair,
    pad: Pair,
    size: Pair,
) -> numpy.ndarray:
    """Two-dimensional convolution (cross-correlation), as ``F.convolution_2d``.

    Args:
        x: Images (n, c, h, w), float32.
        weight: Filters (oc, c, kh, kw), float32.
        b: Bias (oc,) or None.
        stride, pad: Vertical and horizontal.
        size: Height and width of the output; windows that reach past the padded image
            (``cover_all``) find zeros there.

    Returns:
        Images (n, oc, *size), float32, batch innermost in memory.
    """
    kernel = weight.shape[2:]
    frame = _frame_of_convolution(x, kernel, stride, pad, size)
    return _correlate(frame, weight.reshape(len(weight), -1), kernel, stride, size, b)


def weight_gradient(
    x: numpy.ndarray, gy: numpy.ndarray, kernel: Pair, stride: Pair, pad: Pair
) -> numpy.ndarray:
    """Gradient of a convolution's weight.

    Args:
        x: The convolution's input (n, c, h, w).
        gy: Gradient of its output (n, oc, oh, ow).
        kernel, stride, pad: The convolution's.

    Returns:
        Array (oc, c, kh, kw), contiguous.
    """
    n, channels, _, _ = x.shape
    out_channels, *size = gy.shape[1:]
    gy_matrix = to_batch_innermost(gy).reshape(out_channels, -1)
    frame = _frame_of_convolution(x, kernel, stride, pad, size)
    depth = channels * kernel[0] * kernel[1]
    # (depth, oc) and one transposition at the end: OpenBLAS runs this product up to half again
    # as fast as (oc, depth).
    total = numpy.zeros((depth, out_channels), dtype=numpy.float32)
    part = numpy.empty_like(total)
    for rows, cols, matrix in _columns(frame, kernel, stride, size):
        numpy.matmul(matrix, gy_matrix[:, _span(rows, cols, size[1], n)].T, out=part)
        total += part
    return numpy.ascontiguousarray(total.T).reshape(out_channels, channels, *kernel)


def _sub_pixel_weight(weight: numpy.ndarray, stride: Pair) -> tuple[numpy.ndarray, Pair]:
    """Split a deconvolution's filters by the residue of their taps.

    Args:
        weight: Filters (ic, oc, kh, kw).

    Returns:
        Array (sy, sx, oc, ic, ty, tx) of correlation filters with ty = ceil(kh / sy) and so on:
        [ry, rx, o, i, ty - 1 - my, tx - 1 - mx] is weight[i, o, ry + sy * my, rx + sx * mx];
        and (ty, tx).
    """
    in_channels, out_channels, kh, kw = weight.shape
    (sy, sx), ty, tx = stride, -(-kh // stride[0]), -(-kw // stride[1])
    if (ty * sy, tx * sx) != (kh, kw):
        whole = numpy.zeros((in_channels, out_channels, ty * sy, tx * sx), dtype=numpy.float32)
        whole[:, :, :kh, :kw] = weight
        weight = whole
    taps = weight.reshape(in_channels, out_channels, ty, sy, tx, sx)[:, :, ::-1, :, ::-1]
    return numpy.ascontiguousarray(taps.transpose(3, 5, 1, 0, 2, 4)), (ty, tx)


def _targets(first: int, last: int, residue: int, stride: int, pad: int, size: int):
    """Where the windows [first, last) of one residue go in the output, along one axis.

    Window q makes output stride * q + residue - pad, if that lies within [0, size).

    Returns:
        The slice of the windows, counted from ``first``, and the slice of the output.
    """
    first_inside = max(first, -(-(pad - residue) // stride))
    last_inside = max(min(last, (size - 1 + pad - residue) // stride + 1), first_inside)
    start = stride * first_inside + residue - pad
    stop = start + stride * (last_inside - first_inside)
    return slice(first_inside - first, last_inside - first), slice(start, stop, stride)


def deconvolve(
    x: numpy.ndarray,
    weight: numpy.ndarray,
    b: numpy.ndarray | None,
    stride: Pair,
    pad: Pair,
    size: Pair,
) -> numpy.ndarray:
    """Two-dimensional transposed convolution, as ``F.deconvolution_2d``.

    Output o = stride * i + k - pad gathers input i through tap k.  With k = r + stride * m, the
    outputs of residue r = (o + pad) mod stride see the windows of ``t = ceil(kernel / stride)``
    inputs that end at q = (o + pad) // stride.

    Args:
        x: Images (n, ic, h, w), float32.
        weight: Filters (ic, oc, kh, kw), float32.
        b: Bias (oc,) or None.
        stride, pad: Vertical and horizontal, of the convolution this is the transpose of.
        size: Height and width of the output.

    Returns:
        Images (n, oc, *size), float32, batch innermost in memory.
    """
    filters, taps = _sub_pixel_weight(weight, stride)
    n, out_channels = len(x), weight.shape[1]
    first = [p // s for p, s in zip(pad, stride)]
    grid = [(o - 1 + p) // s + 1 - q for o, p, s, q in zip(size, pad, stride, first)]
    top, left = (t - 1 - q for t, q in zip(taps, first))
    frame = framed(x, top, left, *(g + t - 1 for g, t in zip(grid, taps)))
    matrix_weight = filters.reshape(stride[0] * stride[1] * out_channels, -1)
    if stride == (1, 1):
        return _correlate(frame, matrix_weight, taps, stride, size, b)

    y = numpy.empty((out_channels, *size, n), dtype=numpy.float32)
    for rows, cols, matrix in _columns(frame, taps, (1, 1), grid):
        shape = (rows.stop - rows.start, cols.stop - cols.start)
        phases = scratch("phases", (*stride, out_channels, *shape, n))
        numpy.matmul(matrix_weight, matrix, out=phases.reshape(len(matrix_weight), -1))
        if b is not None:
            phases += b[:, None, None, None]
        for ry in range(stride[0]):
            from_y, to_y = _targets(
                rows.start + first[0], rows.stop + first[0], ry, stride[0], pad[0], size[0]
            )
            for rx in range(stride[1]):
                from_x, to_x = _targets(
                    cols.start + first[1], cols.stop + first[1], rx, stride[1], pad[1], size[1]
                )
                y[:, to_y, to_x] = phases[ry, rx, :, from_y, from_x]
    return from_batch_innermost(y)
