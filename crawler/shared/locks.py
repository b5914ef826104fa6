"""A folder's lock, so that no two processes write the same data set or run."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from crawler.shared.errors import UserError


def lock_folder(folder: Path, name: str, holder: str) -> sqlite3.Connection:
    """Keep other processes out of a folder until the returned connection is closed.

    The lock is sqlite's own, on a file of the folder, so that a process that is killed lets go
    of it, on every system.

    Args:
        folder: Must exist.
        name: Of the lock's file, which stays empty.
        holder: What the one who comes too late is told of the other one.

    Raises:
        UserError: Another process holds it.
    """
    lock = sqlite3.connect(folder / name, isolation_level=None, timeout=0.1)
    try:
        lock.execute("PRAGMA journal_mode = MEMORY")  # no second file beside it
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        raise UserError(
            f"another {holder} is writing {folder}: wait for it to end, or stop it."
        ) from error
    return lock
