"""The gradient of a convolution's weight by Winograd's way: 9 products where there were 16.

For windows of 3x3 with stride 1 (16 products for 36), and of 4x4 with stride 2, which are windows
of 2x2 over cells of 2x2 pixels (9 for 16); padding 1.  Outputs are taken in blocks of 2x2: a
block's input is mixed (matrix B of the source), so are the gradients of its outputs (A); the sum
over all blocks of their products is a multiplication of matrices for each place; and what comes
out is mixed to the weight's gradient (G).  All mixing is additions, in one thread.

Without AVX-512, oneDNN's own kernel for this gradient takes up to twice as long as the
convolution itself, and this one down to a third of that: results/speed.md.

Source: Lavin and Gray 2016, "Fast algorithms for convolutional neural networks", section 4.1:
F(2x2, 3x3), of which this is the adjoint by the weight, and F(2x2, 2x2) after the same pattern.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy
import threadpoolctl

from chainer_gan_anime.kernels.onednn import library

Pair = tuple[int, int]
Matrix = tuple[tuple[int, ...], ...]

# By the window's side: the transpose of B, A (two signs are turned), and the transpose of G.
INPUT = {
    2: ((1, -1, 0), (0, 1, 0), (0, 1, -1)),
    3: ((1, 0, -1, 0), (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, 0, -1)),
}
SLOPES = {2: ((1, 0), (1, 1), (0, 1)), 3: ((1, 0), (1, 1), (1, -1), (0, 1))}
WEIGHT: dict[int, tuple[tuple[float, ...], ...]] = {
    2: ((1, 1, 0), (0, 1, -1)),
    3: ((1, 0.5, 0.5, 0), (0, 0.5, -0.5, 0), (0, 0.5, 0.5, -1)),
}
MIN_CHANNELS = 64  # on both sides; with fewer the additions outweigh the products
CHUNK_BYTES = 4 << 20  # of mixed input at a time, so that it stays in the processor's cache

_pays = False


@contextlib.contextmanager
def where_it_pays() -> Iterator[None]:
    """Let :func:`is_faster` say yes inside a ``with`` block: in one thread, without AVX-512."""
    global _pays
    pools = threadpoolctl.ThreadpoolController().select(user_api="openmp").lib_controllers
    one_thread = all(pool.num_threads == 1 for pool in pools)
    before, _pays = _pays, one_thread and not library.has_avx512(library.load())
    try:
        yield
    finally:
        _pays = before


def is_faster(x: numpy.ndarray, gy: numpy.ndarray, kernel: Pair, stride: Pair, pad: Pair) -> bool:
    """Whether to compute so, from a convolution's input and the gradient of its output."""
    return (
        _pays
        and x.dtype == gy.dtype == numpy.float32
        and min(x.shape[1], gy.shape[1]) >= MIN_CHANNELS
        and (kernel, stride, pad) in (((3, 3), (1, 1), (1, 1)), ((4, 4), (2, 2), (1, 1)))
        and all(i == o * stride[0] and o % 2 == 0 for i, o in zip(x.shape[2:], gy.shape[2:]))
    )


def weight_gradient(x: numpy.ndarray, gy: numpy.ndarray, stride: int) -> numpy.ndarray:
    """Gradient of a convolution's weight.

    Args:
        x: The convolution's input (n, c, h, w), float32.
        gy: Gradient of its output (n, oc, h / stride, w / stride), whose sides are even.
        stride: 1 for windows of 3x3, 2 for 4x4.

    Returns:
        Array (oc, c, k, k), contiguous.
    """
    side = {1: 3, 2: 2}[stride]
    places = len(INPUT[side]) ** 2
    n, c, _, _ = x.shape
    _, oc, height, width = gy.shape
    bytes_per_image = places * height * width // 4 * c * stride**2 * x.itemsize
    chunk = max(CHUNK_BYTES // bytes_per_image, 1)
    sums = numpy.float32(0)
    for start in range(0, n, chunk):
        part = slice(start, start + chunk)
        seen = _mixed(INPUT[side], _cells(x[part], stride))
        slopes = _mixed(SLOPES[side], gy[part].transpose(0, 2, 3, 1))
        sums = sums + seen.swapaxes(1, 2) @ slopes
    matrix = numpy.array(WEIGHT[side], numpy.float32)
    sums = sums.reshape(*matrix.shape[1:] * 2, -1)
    windows = numpy.einsum("ia,jb,bak->ijk", matrix, matrix, sums, optimize=True)
    if stride == 1:
        rows = windows.reshape(3, 3, c, oc).transpose(2, 0, 1, 3)
    else:
        rows = windows.reshape(2, 2, 2, 2, c, oc).transpose(4, 0, 2, 1, 3, 5)
    # Rows of oc numbers move first, as one number at a time would take as long as the products.
    gradient = numpy.ascontiguousarray(rows.reshape(-1, oc).T)
    return gradient.reshape(oc, c, 2 + stride, 2 + stride)


def _cells(x: numpy.ndarray, stride: int) -> numpy.ndarray:
    """Frame images (n, c, h, w) by zeros: pixels (n, h + 2, w + 2, c), or cells of 2x2 of them.

    Cells are (n, h / 2 + 1, w / 2 + 1, 2, 2 * c).
    """
    n, c, h, w = x.shape
    frame = numpy.zeros((n, h + 2, w + 2, c), numpy.float32)
    frame[:, 1:-1, 1:-1] = x.transpose(0, 2, 3, 1)
    if stride == 1:
        return frame
    return frame.reshape(n, h // 2 + 1, 2, w // 2 + 1, 2 * c).transpose(0, 1, 3, 2, 4)


def _mixed(matrix: Matrix, grid: numpy.ndarray) -> numpy.ndarray:
    """Mix what each block of outputs has in a grid (n, h, w, ...), down and across.

    Blocks lie two places apart, and have as many places a side as the matrix has columns.

    Returns:
        Array (places, n * blocks, k): places across, then down.
    """
    n_blocks = [(size - len(matrix[0])) // 2 + 1 for size in grid.shape[1:3]]
    down = _mix(matrix, [grid[:, i : i + 2 * n_blocks[0] - 1 : 2] for i in range(len(matrix[0]))])
    across = _mix(
        matrix, [down[:, :, :, i : i + 2 * n_blocks[1] - 1 : 2] for i in range(len(matrix[0]))]
    )
    return across.reshape(len(matrix) ** 2, len(grid) * n_blocks[0] * n_blocks[1], -1)


def _mix(matrix: Matrix, parts: list[numpy.ndarray]) -> numpy.ndarray:
    """Return for each row of the matrix the sum of the parts with its signs."""
    mixed = numpy.empty((len(matrix), *parts[0].shape), numpy.float32)
    for row, target in zip(matrix, mixed):
        first, *others = sorted((i for i, sign in enumerate(row) if sign), key=lambda i: -row[i])
        if not others:
            target[...] = parts[first]
        for i in others:  # one: no row has more than two places
            (numpy.add if row[i] > 0 else numpy.subtract)(parts[first], parts[i], out=target)
    return mixed
