"""Functions that make device arrays: from nothing, from the host, from each other."""

from __future__ import annotations

import numpy as np

from tests.hostcupy import counters
from tests.hostcupy.arrays import empty_host, ndarray, unwrap, wrap


def _holds_device_arrays(values) -> bool:
    if isinstance(values, ndarray):
        return True
    return isinstance(values, (list, tuple)) and any(map(_holds_device_arrays, values))


def _from_host(values, dtype, order="K", ndmin=0) -> ndarray:
    host = np.array(values, dtype=dtype, order=order, ndmin=ndmin)
    counters.host_to_device(host)
    return wrap(host)


def array(obj, dtype=None, copy=True, order="K", subok=False, ndmin=0, *, blocking=False):
    if not _holds_device_arrays(obj):
        return _from_host(obj, dtype, order, ndmin)
    host = np.array(unwrap(obj), dtype=dtype, order=order, ndmin=ndmin)
    counters.launch("cupy_copy" if isinstance(obj, ndarray) else "cupy_concatenate", host, host)
    return wrap(host)


def asarray(a, dtype=None, order=None, *, blocking=False):
    if isinstance(a, ndarray) and (dtype is None or a.dtype == dtype):
        return a
    return array(a, dtype, order=order or "K")


def ascontiguousarray(a, dtype=None):
    a = asarray(a, dtype)
    if a.flags.c_contiguous:
        return a
    host = np.ascontiguousarray(a._host)
    counters.launch("cupy_copy", host, host)
    return wrap(host)


def asnumpy(a, stream=None, order="C", out=None, *, blocking=True):
    return a.get(order=order) if isinstance(a, ndarray) else np.asarray(a, order=order)


def empty(shape, dtype=float, order="C"):
    return wrap(empty_host(shape, dtype, order))


def zeros(shape, dtype=float, order="C"):
    host = np.zeros(shape, dtype, order)
    counters.launch("memset", host)
    return wrap(host)


def full(shape, fill_value, dtype=None, order="C"):
    host = np.full(shape, unwrap(fill_value), dtype, order)
    counters.launch("cupy_fill", host)
    return wrap(host)


def ones(shape, dtype=float, order="C"):
    return full(shape, 1, dtype, order)


def _like(a, dtype, order, shape) -> np.ndarray:
    """Memory as NumPy and CuPy lay it out: order "K" is that of ``a``."""
    return np.empty_like(a._host, dtype, order, shape=shape)


def empty_like(prototype, dtype=None, order="K", subok=None, shape=None):
    host = _like(prototype, dtype, order, shape)
    host[...] = empty_host((), host.dtype)
    return wrap(host)


def zeros_like(a, dtype=None, order="K", subok=None, shape=None):
    host = _like(a, dtype, order, shape)
    host[...] = 0
    counters.launch("memset", host)
    return wrap(host)


def full_like(a, fill_value, dtype=None, order="K", subok=None, shape=None):
    host = _like(a, dtype, order, shape)
    host[...] = unwrap(fill_value)
    counters.launch("cupy_fill", host)
    return wrap(host)


def ones_like(a, dtype=None, order="K", subok=None, shape=None):
    return full_like(a, 1, dtype, order, subok, shape)


def _generated(name):
    function = getattr(np, name)

    def made_by_a_kernel(*args, **kwargs):
        host = function(*args, **kwargs)
        counters.launch(f"cupy_{name}", host)
        return wrap(host)

    return made_by_a_kernel


FUNCTIONS = {
    function.__name__: function
    for function in (
        array,
        asarray,
        ascontiguousarray,
        asnumpy,
        empty,
        empty_like,
        zeros,
        zeros_like,
        ones,
        ones_like,
        full,
        full_like,
    )
} | {name: _generated(name) for name in ("arange", "linspace", "eye", "identity")}
