"""``cupy.ndarray`` over a NumPy array, which the host cannot read without asking for it."""

from __future__ import annotations

import types

import numpy as np

from tests.hostcupy import counters, memory
from tests.hostcupy.cuda import Device


def unwrap(value):
    """Replace every device array within tuples, lists and dicts by its host array."""
    if isinstance(value, ndarray):
        return value._host
    if type(value) in (list, tuple):
        return type(value)(unwrap(v) for v in value)
    if isinstance(value, dict):
        return {key: unwrap(v) for key, v in value.items()}
    return value


def wrap(value):
    """Replace host arrays and NumPy scalars by device arrays, as CuPy has no scalars."""
    if isinstance(value, (np.ndarray, np.generic)):
        return ndarray._over(np.asarray(value))
    if isinstance(value, (list, tuple)):
        return type(value)(wrap(v) for v in value)
    return value


def refuse_host_arrays(*values) -> None:
    """Raise CuPy's TypeError for operands that are host arrays (0-dim ones count as scalars)."""
    for value in values:
        if isinstance(value, (list, tuple)):
            refuse_host_arrays(*value)
        if isinstance(value, np.ndarray) and value.ndim:
            raise TypeError(f"Unsupported type {type(value)}")


def empty_host(shape, dtype=float, order="C") -> np.ndarray:
    """Memory that nobody has written: NaN where it can be, so that reading it shows."""
    host = np.empty(shape, dtype, order if order in ("C", "F") else "C")
    if host.dtype.kind == "f":
        host.fill(np.nan)
    return host


class ndarray(np.lib.mixins.NDArrayOperatorsMixin):  # noqa: N801  CuPy's name
    """An array on "device 0".  Functions and most methods are attached by ``routines``."""

    __array_priority__ = 100

    def __init__(self, shape, dtype=float, memptr=None, strides=None, order="C"):
        if memptr is not None or strides is not None:
            raise NotImplementedError("hostcupy arrays own their memory")
        self._host = empty_host(shape, dtype, order)
        self._device = Device()
        memory.track(self._host)

    @classmethod
    def _over(cls, host: np.ndarray) -> ndarray:
        """The device array whose memory is that of ``host`` (no copy)."""
        self = cls.__new__(cls)
        self._host = host
        self._device = Device()
        memory.track(host)
        return self

    # What an array is: no data is read, so none of this is a transfer.
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    nbytes = property(lambda self: self._host.nbytes)
    itemsize = property(lambda self: self._host.itemsize)
    strides = property(lambda self: self._host.strides)
    flags = property(lambda self: self._host.flags)
    dtype = property(lambda self: self._host.dtype)
    device = property(lambda self: self._device)
    T = property(lambda self: wrap(self._host.T))
    base = property(lambda self: wrap(self._host.base))
    shape = property(
        lambda self: self._host.shape, lambda self, shape: setattr(self._host, "shape", shape)
    )
    data = property(
        lambda self: types.SimpleNamespace(
            ptr=self._host.ctypes.data, device=self._device, device_id=self._device.id
        )
    )

    # The ways to the host.  Each is a transfer that waits for the device.
    def __array__(self, *args, **kwargs):
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    def _read(self) -> np.ndarray:
        counters.device_to_host(self._host)
        return self._host

    def get(self, stream=None, order="C", out=None, blocking=True) -> np.ndarray:
        if out is None:
            return np.array(self._read(), order=order)
        out[...] = self._read()
        return out

    def item(self):
        return self._read().item()

    def tolist(self):
        return self._read().tolist()

    def __float__(self):
        return float(self._read())

    def __int__(self):
        return int(self._read())

    def __index__(self):
        return self._read().__index__()

    def __bool__(self):
        return bool(self._read())

    def __repr__(self):
        return repr(self._read())

    def __reduce__(self):
        from tests.hostcupy.creation import array  # the module that makes arrays needs this one

        return array, (self.get(),)

    # The ways from the host.
    def set(self, arr, stream=None):
        if not isinstance(arr, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        if arr.dtype != self.dtype:
            raise TypeError(f"{self.dtype} array cannot be set to {arr.dtype} array")
        if arr.shape != self.shape:
            raise ValueError(f"Shape mismatch. Old shape: {self.shape}, new shape: {arr.shape}")
        counters.host_to_device(arr)
        self._host[...] = arr

    def __getitem__(self, index):
        place, gathers = _host_index(index)
        result = self._host[place]
        if isinstance(result, np.generic):  # CuPy gives a 0-dim view, never a scalar
            result = self._host[(place if isinstance(place, tuple) else (place,)) + (...,)]
        if gathers:
            counters.launch("cupy_take", result, result)
        return wrap(result)

    def __setitem__(self, index, value):
        refuse_host_arrays(value)
        place, scatters = _host_index(index)
        source = unwrap(value)
        self._host[place] = source
        counters.launch("cupy_scatter_update" if scatters else "cupy_copy", source, source)

    def __len__(self):
        return len(self._host)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __copy__(self):
        return self.copy()

    def __deepcopy__(self, memo):
        return self.copy()

    # NumPy's functions and ufuncs hand over to CuPy's of the same name.
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        from tests.hostcupy.routines import device_function

        if method != "__call__":
            return NotImplemented
        out = kwargs.pop("out", None)
        if out is not None:
            kwargs["out"] = out[0] if isinstance(out, tuple) else out
        return device_function(ufunc)(*inputs, **kwargs)

    def __array_function__(self, function, types_, args, kwargs):
        from tests.hostcupy.routines import device_function

        return device_function(function)(*args, **kwargs)


def _host_index(index):
    """The index for NumPy, and whether it gathers (a kernel) rather than views."""
    parts = index if isinstance(index, tuple) else (index,)
    gathers = False
    for part in parts:
        if isinstance(part, (list, np.ndarray)) and np.ndim(part):
            counters.host_to_device(np.asarray(part))
            gathers = True
        elif isinstance(part, ndarray):
            gathers = gathers or part.ndim > 0
            if part.dtype == bool:
                counters.device_to_host(np.empty((), np.int64))  # the number of true elements
    return unwrap(index), gathers


def _gives_way(name):
    """Binary operators leave the work to chainer.Variable (__array_priority__ 200), as CuPy's."""
    operator = getattr(np.lib.mixins.NDArrayOperatorsMixin, name)

    def method(self, other):
        is_array = isinstance(other, (ndarray, np.ndarray))
        if not is_array and getattr(other, "__array_priority__", 0) > self.__array_priority__:
            return NotImplemented
        return operator(self, other)

    method.__name__ = name
    return method


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    for _form in (f"__{_name}__", f"__r{_name}__", f"__i{_name}__"):
        setattr(ndarray, _form, _gives_way(_form))
for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    setattr(ndarray, f"__{_name}__", _gives_way(f"__{_name}__"))
