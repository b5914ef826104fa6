"""Reading and writing npz files: whole or not at all, and never a pickled object.

Chainer's own ``load_npz`` allows pickles, because it stores None as a pickled object; a crafted
file can so run any code.  Here None is stored by name in the entry ``__none__``, and of files
that Chainer wrote a pickled entry is never opened: where None may stand it is taken as None,
elsewhere the file is refused.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from chainer.serializers import DictionarySerializer
from chainer.serializers.npz import NpzDeserializer

from crawler.shared.errors import UserError
from crawler.shared.files import replacing

NONE_ENTRY = "__none__"


class DamagedFileError(UserError):
    """An npz file that is torn, or holds what it must not."""


class MissingEntryError(UserError, KeyError):
    """An npz file without a value that the net needs; Chainer itself catches KeyError."""

    __str__ = Exception.__str__  # KeyError's would show the sentence in quotes


class SafeNpz(Mapping):
    """Entries of an npz file by name, as arrays; None comes as a 0-d object array.

    Args:
        path: The file; a snapshot of this project, or of Chainer's ``save_npz``.

    Raises:
        DamagedFileError: It is no whole npz file.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        try:
            self._zip = zipfile.ZipFile(self.path)
            self._members = {
                name.removesuffix(".npy"): name
                for name in self._zip.namelist()
                if name.endswith(".npy")
            }
            self._none = set(self[NONE_ENTRY].tolist()) if NONE_ENTRY in self._members else set()
        except FileNotFoundError:
            raise UserError(
                f"{self.path} does not exist: give an npz file or a snapshot."
            ) from None
        except (zipfile.BadZipFile, zlib.error, ValueError, EOFError) as error:
            raise DamagedFileError(
                f"{self.path} is not a whole npz file ({error}): it may have been cut off; "
                "take another snapshot."
            ) from None

    def __getitem__(self, key: str) -> np.ndarray:
        if key != NONE_ENTRY and key in self._none:
            return np.asarray(None)
        try:
            with self._zip.open(self._members[key]) as file:
                version = np.lib.format.read_magic(file)
                reader = getattr(np.lib.format, f"read_array_header_{version[0]}_0")
                shape, _, dtype = reader(file)
            if dtype.hasobject:
                return self._unopened(key, shape)
            with self._zip.open(self._members[key]) as file:
                return np.lib.format.read_array(file, allow_pickle=False)
        except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, AttributeError) as error:
            raise DamagedFileError(
                f"{self.path} is damaged at {key!r} ({error}): take another file."
            ) from None

    def _unopened(self, key: str, shape: tuple[int, ...]) -> np.ndarray:
        """Stand in for a pickled entry, which is not opened: only None can be meant."""
        if shape != ():
            raise DamagedFileError(
                f"{self.path} holds pickled objects at {key!r}, which could run code and are "
                "never loaded: take a file that Chainer or this project wrote."
            )
        return np.asarray(None)

    def __contains__(self, key: object) -> bool:
        return key in self._members or key in self._none

    def __iter__(self):
        yield from (key for key in self._members if key != NONE_ENTRY)
        yield from self._none

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def check_whole(self) -> None:
        """Read every member and compare its checksum.

        Raises:
            DamagedFileError: One of them is torn.
        """
        try:
            torn = self._zip.testzip()
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            torn = str(error)
        if torn is not None:
            raise DamagedFileError(f"{self.path} is torn at {torn}.")


class SafeDeserializer(NpzDeserializer):
    """Chainer's deserializer, which refuses None where an array must be."""

    def __getitem__(self, key):
        child = super().__getitem__(key)
        return type(self)(child.npz, child.path, child.strict, child.ignore_names)

    def __call__(self, key, value):
        """Return the entry ``key`` in the place of ``value``, written into it if it can be."""
        try:
            loaded = super().__call__(key, value)
        except KeyError:
            raise MissingEntryError(
                f"{self.npz.path} has no {self.path + key!r}: it belongs to another net or "
                "another version; give the settings it was trained with."
            ) from None
        except ValueError as error:
            raise UserError(
                f"{self.npz.path} does not fit at {self.path + key!r} ({error}): it belongs to "
                "a net of other sizes; give the settings it was trained with."
            ) from None
        if loaded is None and hasattr(value, "shape"):
            raise DamagedFileError(
                f"{self.npz.path} holds an object at {self.path + key!r} where numbers must "
                "be, and objects are never loaded: take another file."
            )
        return loaded


def save(path: str | os.PathLike, target) -> None:
    """Write ``target`` to an npz file: beside, synced, renamed.

    Args:
        path: The file to write or replace.
        target: A Chainer object to serialise, or a dict of arrays as Chainer's snapshot
            extension hands it to its writer.
    """
    if not isinstance(target, dict):
        serializer = DictionarySerializer()
        serializer.save(target)
        target = serializer.target
    arrays = {key: np.asarray(value) for key, value in target.items()}
    none = [key for key, value in arrays.items() if value.dtype == object]
    for key in none:
        if arrays.pop(key)[()] is not None:
            raise TypeError(f"{key} is an object, which a snapshot does not hold")
    # Random weights do not shrink: compression would cost seconds and save a tenth.
    with replacing(path) as file:
        np.savez(file, **{NONE_ENTRY: np.asarray(none, dtype=str)}, **arrays)


def load(path: str | os.PathLike, target, prefix: str = "") -> None:
    """Read an npz file into ``target`` without ever opening a pickle.

    Args:
        path: The file.
        target: The Chainer object that takes the values.
        prefix: Path inside the file, such as ``updater/model:opt_gen/`` for the generator of
            a snapshot.

    Raises:
        UserError: The file is missing, torn, of another net, or holds objects.
    """
    npz = SafeNpz(path)
    try:
        SafeDeserializer(npz, path=prefix).load(target)
    finally:
        npz.close()
