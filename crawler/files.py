"""Writing files so that a reader never meets half of one: beside, synced, renamed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def replacing(path: str | os.PathLike, mode: str = "wb") -> Iterator[IO]:
    """Open a file that takes ``path``'s place only once it is whole and on the disk.

    The bytes go to ``<path>.part`` in the same folder, are synced, and the file is renamed
    over ``path``.  When the body raises, ``path`` is left as it was and the part is removed.

    Args:
        path: The file to write or replace; its folder must exist.
        mode: ``'wb'``, or ``'w'`` for UTF-8 text.

    Yields:
        The open file.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    try:
        with open(part, mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: str | os.PathLike) -> None:
    """Make renames in ``folder`` survive a power cut (where the system can sync folders)."""
    with contextlib.suppress(OSError):  # Windows cannot open a folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
