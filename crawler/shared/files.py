"""Writing files so that a reader never meets half of one: beside, synced, renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from crawler.shared.errors import UserError

# The writer's process id, and random digits of its own.
_PART = re.compile(r"\.(\d{1,9})-[0-9a-f]{8}\.part$")


@contextlib.contextmanager
def replacing(path: str | os.PathLike, mode: str = "wb") -> Iterator[IO]:
    """Open a file that takes ``path``'s place only once it is whole and on the disk.

    The bytes go to a part beside it, ``<path>.<process id>-<random>.part``, are synced, and the
    part is renamed over ``path``: of several writers at once the last to end wins.  When the
    body raises, ``path`` is left as it was and the part is removed; a process that is killed
    leaves it to :func:`remove_leftovers`.

    Args:
        path: The file to write or replace; its folder must exist.
        mode: ``'wb'``, or ``'w'`` for UTF-8 text.

    Yields:
        The open file.
    """
    path = Path(path)
    part = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
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


def remove_leftovers(folder: str | os.PathLike) -> int:
    """Remove the parts that killed processes left, and return how many there were.

    To be called before this process writes there: a part of its own number was left by a dead
    process that had the same one, as happens in containers.

    Args:
        folder: Looked through with all folders below it; it need not exist.
    """
    removed = 0
    for part in Path(folder).rglob("*.part"):
        match = _PART.search(part.name)
        if match and not _is_another_that_runs(int(match[1])):
            with contextlib.suppress(OSError):  # its writer was faster, or the folder read-only
                part.unlink()
                removed += 1
    return removed


def _is_another_that_runs(process_id: int) -> bool:
    if process_id == os.getpid() or os.name == "nt":  # Windows keeps what a process has open
        return False
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # of another user
    return True


def sync_folder(folder: str | os.PathLike) -> None:
    """Make renames in ``folder`` survive a power cut (where the system can sync folders)."""
    with contextlib.suppress(OSError):  # Windows cannot open a folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check_folder(folder: str | os.PathLike) -> None:
    """Make sure that a folder can be made and written to, without making it.

    Raises:
        UserError: It is a file, lies below one, or may not be written to.
    """
    place = Path(folder)
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        raise UserError(f"{folder} cannot be a folder, as {place} is a file: give another place.")
    if not os.access(place, os.W_OK):
        raise UserError(f"{place} may not be written to: give another place, or its rights.")


def make_folder(folder: str | os.PathLike) -> Path:
    """Make a folder, and those above it, if it is not there; return its path.

    Raises:
        UserError: It cannot be made.
    """
    check_folder(folder)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise UserError(
            f"{folder} cannot be made ({error.strerror}): give another place."
        ) from None
    return Path(folder)
