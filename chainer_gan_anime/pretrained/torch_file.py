"""Reads the tensors of a PyTorch ``.pth`` file into NumPy, without PyTorch and without trust.

A ``.pth`` file is a pickle, and a pickle may run anything.  This reader's unpickler knows the
handful of names that a plain ``state_dict`` needs and refuses every other, so a crafted file
can do no more than fail.  Both layouts are read: the zip of PyTorch >= 1.6 and the row of
pickles before it.
"""

from __future__ import annotations

import collections
import io
import os
import pickle
import zipfile
from typing import IO, NamedTuple

import numpy as np

from crawler.shared.errors import UserError

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_MAX_BYTES = 1 << 30  # far above any feature network; a small zip can unpack to any size

_STORAGE_DTYPES = {
    "DoubleStorage": np.dtype("<f8"),
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}


class _Storage:
    """The flat memory behind tensors, filled in after the pickle that names it is read."""

    __slots__ = ("dtype", "size", "data")

    def __init__(self, dtype: np.dtype, size: int):
        self.dtype, self.size, self.data = dtype, size, None

    @property
    def n_bytes(self) -> int:
        return self.size * self.dtype.itemsize


class _Tensor(NamedTuple):
    """A view into a storage, as ``torch._utils._rebuild_tensor_v2`` gets it."""

    storage: _Storage
    offset: int
    shape: tuple
    stride: tuple

    def to_array(self) -> np.ndarray:
        if not isinstance(self.storage, _Storage) or self.storage.data is None:
            raise pickle.UnpicklingError("a tensor without storage")
        numbers = (self.offset, *self.shape, *self.stride)
        if len(self.shape) != len(self.stride) or not all(
            isinstance(number, int) and number >= 0 for number in numbers
        ):
            raise pickle.UnpicklingError("a tensor with a broken shape")
        empty = 0 in self.shape
        last = self.offset + sum((d - 1) * s for d, s in zip(self.shape, self.stride))
        if not empty and last >= self.storage.size:
            raise pickle.UnpicklingError("a tensor beyond its storage")
        item = self.storage.dtype.itemsize
        return np.ndarray(
            self.shape,
            self.storage.dtype,
            buffer=self.storage.data,
            offset=0 if empty else self.offset * item,
            strides=tuple(s * item for s in self.stride),
        ).copy()


# A pickle may also set attributes of what it names (BUILD), so it is given nothing that has
# any: slotted callables and strings, no functions and no dtypes.
class _RebuildTensor:
    """Stands in for ``torch._utils._rebuild_tensor_v2``."""

    __slots__ = ()

    def __call__(self, storage, offset, shape, stride, *_unused) -> _Tensor:
        return _Tensor(storage, offset, tuple(shape), tuple(stride))


class _RebuildParameter:
    """Stands in for ``torch._utils._rebuild_parameter``."""

    __slots__ = ()

    def __call__(self, data, *_unused) -> _Tensor:
        return data


class _Unpickler(pickle.Unpickler):
    """An unpickler for which only ordered dicts, tensors and storages exist."""

    _GLOBALS = {
        ("collections", "OrderedDict"): collections.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _RebuildTensor(),
        ("torch._utils", "_rebuild_parameter"): _RebuildParameter(),
        **{("torch", name): name for name in _STORAGE_DTYPES},
    }

    def __init__(self, file: IO[bytes]):
        super().__init__(file, encoding="utf-8")
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str):
        try:
            return self._GLOBALS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None

    def persistent_load(self, pid) -> _Storage:
        kind, dtype_name, key, _location, size = pid[:5]
        if kind != "storage" or not isinstance(size, int) or size < 0:
            raise pickle.UnpicklingError("an unknown persistent id")
        storage = _Storage(_STORAGE_DTYPES[dtype_name], size)
        storage = self.storages.setdefault(str(key), storage)
        if sum(s.n_bytes for s in self.storages.values()) > _MAX_BYTES:
            raise pickle.UnpicklingError(f"over {_MAX_BYTES:,} bytes of tensors")
        return storage


def _read_exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise pickle.UnpicklingError("the file ends too early")
    return data


def _load_zip(path: str | os.PathLike) -> object:
    """The layout since PyTorch 1.6: ``<name>/data.pkl`` and one member a storage."""
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise pickle.UnpicklingError("the zip holds no data.pkl")
        folder = pickles[0][: -len("data.pkl")]
        if archive.getinfo(pickles[0]).file_size > _MAX_BYTES:
            raise pickle.UnpicklingError("data.pkl is too large")
        unpickler = _Unpickler(io.BytesIO(archive.read(pickles[0])))
        result = unpickler.load()
        for key, storage in unpickler.storages.items():
            with archive.open(f"{folder}data/{key}") as member:
                storage.data = _read_exactly(member, storage.n_bytes)
    return result


def _load_legacy(file: IO[bytes]) -> object:
    """The layout before: magic, version, system, the object, storage keys, raw storages."""
    if _Unpickler(file).load() != _LEGACY_MAGIC:
        raise pickle.UnpicklingError("it is not a PyTorch file")
    _version, _system = _Unpickler(file).load(), _Unpickler(file).load()
    unpickler = _Unpickler(file)
    result = unpickler.load()
    for key in _Unpickler(file).load():
        storage = unpickler.storages[key]
        if int.from_bytes(_read_exactly(file, 8), "little") != storage.size:
            raise pickle.UnpicklingError("a storage of another size than announced")
        storage.data = _read_exactly(file, storage.n_bytes)
    return result


def load_state_dict(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Read a PyTorch ``state_dict`` file into arrays.

    Args:
        path: A ``.pth``/``.pt`` file that holds a flat dictionary of tensors.

    Returns:
        Tensor name → array, C-contiguous copies in the file's shapes and dtypes.

    Raises:
        UserError: The file is missing, broken, holds something else than tensors, or asks
            for code (nothing of it has run then).
    """
    try:
        if zipfile.is_zipfile(path):
            state = _load_zip(path)
        else:
            with open(path, "rb") as file:
                state = _load_legacy(file)
        if not isinstance(state, dict) or not all(
            isinstance(name, str) and isinstance(tensor, _Tensor) for name, tensor in state.items()
        ):
            raise pickle.UnpicklingError("it holds something else than named tensors")
        return {name: tensor.to_array() for name, tensor in state.items()}
    except FileNotFoundError:
        raise UserError(
            f"there is no weight file {path}; give the path of a PyTorch state_dict (.pth)."
        ) from None
    except OSError:
        raise
    # A hostile pickle can make an unpickler raise nearly anything; all of it means the same.
    except Exception as error:
        raise UserError(
            f"{path} is not a PyTorch state_dict that can be read safely ({error}); "
            "give the plain weight file as its publisher offers it."
        ) from error
