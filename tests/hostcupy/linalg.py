"""Matrix products, counted as the calls of cuBLAS that CuPy makes for them; norms."""

from __future__ import annotations

import math

import numpy as np

from tests.hostcupy import counters
from tests.hostcupy.arrays import ndarray, refuse_host_arrays, unwrap, wrap


def _operand(matrix: np.ndarray) -> np.ndarray:
    """cuBLAS reads a matrix by rows or by columns; CuPy copies any other one first."""
    if matrix.flags.c_contiguous or matrix.flags.f_contiguous:
        return matrix
    counters.launch("cupy_copy", matrix, matrix)
    return np.ascontiguousarray(matrix)


def _as_matrix(host: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    matrix = host.reshape(shape)
    if matrix.size and not np.shares_memory(matrix, host):
        counters.launch("cupy_copy", matrix, matrix)
    return _operand(matrix)


def _gemm(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    counters.gemm(a.shape[0], b.shape[1], a.shape[1], a.itemsize)
    dtype = np.result_type(a, b)
    if dtype == np.float16:  # cuBLAS adds products of half precision in single precision
        return (a.astype(np.float32) @ b.astype(np.float32)).astype(dtype)
    return a @ b


def tensordot(a, b, axes=2):
    refuse_host_arrays(a, b)
    a, b = unwrap(a), unwrap(b)
    if isinstance(axes, int):
        axes = range(a.ndim - axes, a.ndim), range(axes)
    summed_a, summed_b = (
        tuple(axis % host.ndim for axis in ([which] if isinstance(which, int) else which))
        for host, which in zip((a, b), axes)
    )
    kept_a = tuple(axis for axis in range(a.ndim) if axis not in summed_a)
    kept_b = tuple(axis for axis in range(b.ndim) if axis not in summed_b)
    shape_a = tuple(a.shape[axis] for axis in kept_a)
    shape_b = tuple(b.shape[axis] for axis in kept_b)
    k = math.prod(a.shape[axis] for axis in summed_a)
    left = _as_matrix(a.transpose(kept_a + summed_a), (math.prod(shape_a), k))
    right = _as_matrix(b.transpose(summed_b + kept_b), (k, math.prod(shape_b)))
    return wrap(_gemm(left, right).reshape(shape_a + shape_b))


def dot(a, b, out=None):
    if a.ndim == 0 or b.ndim == 0:
        result = a * b
    else:
        result = tensordot(a, b, ((-1,), (-2 if b.ndim > 1 else -1,)))
    if out is None:
        return result
    out._host[...] = result._host  # cuBLAS writes there itself
    return out


def matmul(a, b, out=None):
    refuse_host_arrays(a, b)
    if a.ndim <= 2 and b.ndim <= 2:
        return dot(a, b, out)
    left, right = unwrap(a), unwrap(b)
    result = np.matmul(left, right)
    m, k = left.shape[-2:] if left.ndim > 1 else (1, left.shape[0])
    n = right.shape[-1] if right.ndim > 1 else 1
    counters.gemm(m, n, k, left.itemsize, batch=max(1, result.size // (m * n)))
    if out is None:
        return wrap(result)
    out._host[...] = result
    return out


def norm(x, ord=None, axis=None, keepdims=False):
    refuse_host_arrays(x)
    if axis is None and ord is None:  # CuPy: ravel, dot with itself, square root
        counters.gemm(1, 1, x.size, x.itemsize)
    else:
        counters.launch("cupy_norm", x)
    counters.launch("cupy_sqrt")
    return wrap(np.linalg.norm(unwrap(x), ord, axis, keepdims).astype(x.dtype))


def _solver(name):
    function = getattr(np.linalg, name)

    def by_cusolver(a, *args, **kwargs):
        refuse_host_arrays(a)
        counters.launch(f"cusolver_{name}", a)
        result = function(unwrap(a), *args, **kwargs)
        return wrap(tuple(result) if isinstance(result, tuple) else result)

    return by_cusolver


LINALG = {"norm": norm} | {name: _solver(name) for name in ("eigh", "svd", "qr")}
FUNCTIONS = {"dot": dot, "matmul": matmul, "tensordot": tensordot}
METHODS = {"dot": dot}
__all__ = ["FUNCTIONS", "LINALG", "METHODS", "ndarray"]
