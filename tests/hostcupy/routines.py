"""CuPy's functions of arrays, by kind: each kind knows how many launches it costs.

Every name is listed; a test checks that the real CuPy has it.
"""

from __future__ import annotations

import numpy as np

from tests.hostcupy import counters, creation, linalg
from tests.hostcupy.arrays import ndarray, refuse_host_arrays, unwrap, wrap

# One kernel, one result per element.
UFUNCS = """
    absolute add bitwise_and bitwise_or bitwise_xor cos divide equal exp expm1 floor_divide floor
    ceil fmax fmin greater greater_equal invert isfinite isinf isnan left_shift less less_equal
    log log1p log2 log10 logical_and logical_not logical_or logical_xor maximum minimum multiply
    modf negative not_equal power reciprocal remainder right_shift rint sign sin sqrt square
    subtract tan tanh true_divide trunc arctan2 clip where isclose nan_to_num
""".split()  # noqa: SIM905

# Launches of a reduction: the variance needs the mean first, its root one more.
REDUCTIONS = {
    **dict.fromkeys(("sum", "prod", "mean", "average", "nansum", "cumsum", "cumprod"), 1),
    **dict.fromkeys(("amax", "amin", "max", "min", "argmax", "argmin"), 1),
    **dict.fromkeys(("all", "any", "count_nonzero"), 1),
    "var": 2,
    "std": 3,
}

# No kernel, unless the elements have to be moved (reshape of a transposed array).
VIEWS = """
    reshape ravel transpose swapaxes rollaxis moveaxis expand_dims squeeze broadcast_to
    broadcast_arrays diagonal atleast_1d atleast_2d atleast_3d flip split array_split
""".split()  # noqa: SIM905

# One kernel that moves or orders elements.
COPIES = """
    concatenate stack vstack hstack take repeat tile pad roll sort argsort diff trace outer
    searchsorted percentile median triu tril cov einsum
""".split()  # noqa: SIM905

# Nothing of the device: answers from shapes and dtypes alone.
HOST_ANSWERS = ("result_type", "can_cast", "promote_types", "isscalar", "ndim", "shape", "size")


def _elementwise(name):
    function = getattr(np, name)

    def ufunc(*args, **kwargs):
        refuse_host_arrays(*args, kwargs.get("out"))
        # CuPy's results are in C order whatever the order of the operands.
        order = {} if name in ("where", "nan_to_num", "isclose", "clip") else {"order": "C"}
        result = function(*unwrap(args), **unwrap(kwargs), **order)
        operands = [a for a in unwrap(args) if isinstance(a, np.ndarray)]
        counters.launch(f"cupy_{name}", *operands, result)
        return kwargs["out"] if kwargs.get("out") is not None else wrap(result)

    return ufunc


def _reduction(name, launches):
    function = getattr(np, name)

    def reduction(a, *args, **kwargs):
        refuse_host_arrays(a)
        result = function(unwrap(a), *unwrap(args), **unwrap(kwargs))
        counters.launch(f"cupy_{name}", unwrap(a), result, times=launches)
        return kwargs["out"] if kwargs.get("out") is not None else wrap(result)

    return reduction


def _view(name):
    function = getattr(np, name)

    # CuPy, too, takes from the host where to split.
    n_on_device = 1 if name in ("split", "array_split") else None

    def view(*args, **kwargs):
        refuse_host_arrays(*args[:n_on_device])
        result = function(*unwrap(args), **unwrap(kwargs))
        source = unwrap(args[0])
        one = isinstance(source, np.ndarray) and isinstance(result, np.ndarray)
        if one and result.size and not np.shares_memory(result, source):
            counters.launch("cupy_copy", result, result)
        return wrap(result)

    return view


def _copying(name):
    function = getattr(np, name)

    def copying(*args, **kwargs):
        refuse_host_arrays(*args)
        result = function(*unwrap(args), **unwrap(kwargs))
        counters.launch(f"cupy_{name}", result, result)
        return wrap(result)

    return copying


def scatter_add(a, slices, value):
    """``ndarray.scatter_add`` and ``cupyx.scatter_add``: a[slices] += value, index by index."""
    refuse_host_arrays(value)
    np.add.at(a._host, unwrap(slices), unwrap(value))
    counters.launch("cupy_scatter_add", *(unwrap(value),) * 3)


def copyto(dst, src, casting="same_kind", where=None):
    refuse_host_arrays(src)
    np.copyto(dst._host, unwrap(src), casting, where=True if where is None else unwrap(where))
    counters.launch("cupy_copy", dst._host, dst._host)


def nonzero(a):
    """The number of results has to be known on the host: CuPy waits for it."""
    counters.launch("cupy_nonzero", a._host, times=2)
    counters.device_to_host(np.empty((), np.int64))
    return wrap(np.nonzero(a._host))


def may_share_memory(a, b, max_work=None):
    return np.may_share_memory(unwrap(a), unwrap(b))


FUNCTIONS = {
    **{name: _elementwise(name) for name in UFUNCS},
    **{name: _reduction(name, launches) for name, launches in REDUCTIONS.items()},
    **{name: _view(name) for name in VIEWS},
    **{name: _copying(name) for name in COPIES},
    **{name: getattr(np, name) for name in HOST_ANSWERS},
    **creation.FUNCTIONS,
    **linalg.FUNCTIONS,
    "copyto": copyto,
    "nonzero": nonzero,
    "may_share_memory": may_share_memory,
    "abs": _elementwise("absolute"),
    "mod": _elementwise("remainder"),
}


def device_function(host_function):
    """CuPy's function of the same name, for NumPy's functions called with device arrays."""
    name = host_function.__name__
    table = linalg.LINALG if host_function.__module__.startswith("numpy.linalg") else FUNCTIONS
    if name not in table:
        raise TypeError(f"hostcupy offers no {name}; add it to its lists if CuPy has it")
    return table[name]


def _transpose(self, *axes):
    axes = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return wrap(self._host.transpose(axes) if axes else self._host.T)


def _reshape(self, *shape, order="C"):
    shape = shape[0] if len(shape) == 1 else shape
    return FUNCTIONS["reshape"](self, shape, order=order)


def _copy(self, order="C"):
    counters.launch("cupy_copy", self._host, self._host)
    return wrap(np.array(self._host, order=order))


def _astype(self, dtype, order="K", casting=None, subok=None, copy=True):
    if not copy and self.dtype == dtype:
        return self
    result = self._host.astype(dtype)
    counters.launch("cupy_copy", self._host, result)
    return wrap(result)


def _view_as(self, dtype=None):
    return wrap(self._host.view() if dtype is None else self._host.view(dtype))


def _fill(self, value):
    self._host.fill(value if not isinstance(value, ndarray) else value._host)
    counters.launch("cupy_fill", self._host)


def _flatten(self, order="C"):
    return _copy(FUNCTIONS["ravel"](self), order)


METHODS = {
    **{name: FUNCTIONS[name] for name in REDUCTIONS if hasattr(np.ndarray, name)},
    **{name: FUNCTIONS[name] for name in ("ravel", "swapaxes", "squeeze", "diagonal")},
    **{name: FUNCTIONS[name] for name in ("take", "repeat", "argsort", "clip", "nonzero")},
    **linalg.METHODS,
    "reshape": _reshape,
    "transpose": _transpose,
    "copy": _copy,
    "astype": _astype,
    "view": _view_as,
    "fill": _fill,
    "flatten": _flatten,
    "scatter_add": scatter_add,
    "reduced_view": lambda self: self,
}

for _name, _method in METHODS.items():
    setattr(ndarray, _name, _method)
