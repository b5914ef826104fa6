"""A folder's lock, so that no two processes write the same data set or run."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout

from crawler.shared.errors import UserError


class FolderLock:
    """A lock that is held until :meth:`close`, or until its process ends in whatever way.

    Args:
        lock: The system's lock on a file, acquired.
    """

    def __init__(self, lock: FileLock):
        self._lock = lock

    def close(self) -> None:
        """Let others in."""
        self._lock.release(force=True)


def lock_folder(folder: Path, name: str, holder: str) -> FolderLock:
    """Keep other processes out of a folder until the returned lock is closed.

    Args:
        folder: Must exist.
        name: Of the lock's file, which stays empty.
        holder: What the one who comes too late is told of the other one.

    Raises:
        UserError: Another process holds it, or the folder cannot be written.
    """
    lock = FileLock(folder / name, thread_local=False)
    try:
        lock.acquire(timeout=0.1)
    except Timeout as error:
        raise UserError(
            f"another {holder} is writing {folder}: wait for it to end, or stop it."
        ) from error
    except PermissionError as error:
        raise UserError(
            f"{folder} cannot be written ({error.strerror}): mend its permissions."
        ) from error
    return FolderLock(lock)
