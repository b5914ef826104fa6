"""Opening an sqlite database that must survive kill -9: whole transactions, one writer."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crawler.schema import SCHEMA, SCHEMA_VERSION
from crawler.shared.errors import UserError
from crawler.shared.files import remove_leftovers
from crawler.shared.locks import lock_folder

FILE_NAME = "archive.sqlite"


class NothingStored(UserError):
    """There is a database's file, but a crawl was ended before anything was in it."""


class Database:
    """The database of one data set.

    Args:
        folder: The data set's folder.
        create: Whether to begin a new database where there is none.
        lock: Whether to keep every other writer out until :meth:`close`.
        read_only: Whether only to look, as can be done in a folder that cannot be written.

    Raises:
        UserError: There is no database, it is damaged, it is of another version, or another
            crawler is writing it.
    """

    def __init__(
        self, folder: Path, *, create: bool = False, lock: bool = False, read_only: bool = False
    ):
        self.folder = folder
        path = folder / FILE_NAME
        if not path.exists():
            if not create:
                raise UserError(
                    f"there is no {FILE_NAME} in {folder}: give the name of a data set that "
                    "was crawled, or crawl it first."
                )
            folder.mkdir(parents=True, exist_ok=True)
        self._lock = self._copy = None
        if read_only:
            with explained_database_errors(path):
                self.connection, self._copy = _opened_to_read(path)
                self._check_version(path)
            return
        if lock:
            self._lock = lock_folder(folder, "archive.lock", "crawler")
            remove_leftovers(folder)
        with explained_database_errors(path):
            self.connection = sqlite3.connect(path, isolation_level=None, timeout=30)
            self.connection.execute("PRAGMA journal_mode = WAL")
            # In WAL mode NORMAL forgets the last transactions when the power fails, and with them
            # what was fetched; a wait for the disk is nothing beside a request a second.
            self.connection.execute("PRAGMA synchronous = FULL")
            if self._row("PRAGMA user_version") == (0,):
                self.connection.executescript(
                    f"BEGIN; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
                )
            self._check_version(path)
            if lock:
                self._check_pages(path)

    def _check_version(self, path: Path) -> None:
        (version,) = self._row("PRAGMA user_version")
        if version == 0:
            raise NothingStored(f"{path} is empty: crawl the set first.")
        if version != SCHEMA_VERSION:
            raise UserError(
                f"{path} is of version {version} and this crawler reads version "
                f"{SCHEMA_VERSION}: use the crawler that wrote it, or another --name."
            )

    def _check_pages(self, path: Path) -> None:
        """Find a damaged page before a crawl builds on it."""
        (said,) = self._row("PRAGMA quick_check(1)")
        if said != "ok":
            raise _damaged(path, said)

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Close the database and let other writers in."""
        self.connection.close()
        if self._copy is not None:
            self._copy.cleanup()
        if self._lock is not None:
            self._lock.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of the body's changes or none; may stand inside another one."""
        if self.connection.in_transaction:
            yield self.connection
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def _row(self, sql: str, *values: Any) -> tuple | None:
        return self.connection.execute(sql, values).fetchone()


@contextlib.contextmanager
def explained_database_errors(path: Path) -> Iterator[None]:
    """Turn what sqlite says about a user's trouble into one sentence; bugs stay bugs.

    Raises:
        UserError: The database is damaged, read-only or in use.
        OSError: The disk is full (ENOSPC).
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "full" in text:
            raise OSError(errno.ENOSPC, text, str(path)) from error
        if "disk I/O" in text:  # what it says when a write was cut short by the system
            raise UserError(
                f"{path} could not be read or written ({text}): look for a limit on the size of "
                "files (`ulimit -f`), a quota or a failing disk, then run the same command again; "
                "what was finished before is whole."
            ) from error
        if "locked" in text:
            raise UserError(f"{path} is in use by another program: wait for it to end.") from error
        if "readonly" in text or "unable to open" in text:
            raise UserError(f"{path} cannot be written ({text}): mend its permissions.") from error
        if "malformed" in text or "not a database" in text:
            raise _damaged(path, text) from error
        raise


def _damaged(path: Path, text: str) -> UserError:
    return UserError(
        f"{path} is damaged ({text}): put a copy of it back, or move it away and crawl "
        "again; originals/ and faces/ are left as they are."
    )


def _opened_to_read(
    path: Path,
) -> tuple[sqlite3.Connection, tempfile.TemporaryDirectory | None]:
    """A connection that writes nothing beside the database, and the copy that it may need.

    sqlite reads a database in WAL mode only where it may write beside it.  Where it may not,
    the database is taken as unchanging; what a killed crawl left in the log is read in a copy.
    """
    log = path.with_name(f"{path.name}-wal")
    if os.access(path.parent, os.W_OK):
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=30)
        try:
            connection.execute("PRAGMA user_version").fetchone()
            return connection, None
        except sqlite3.OperationalError:
            connection.close()
    if not log.exists() or not log.stat().st_size:
        uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        return sqlite3.connect(uri, uri=True), None
    copy = tempfile.TemporaryDirectory(prefix="archive-")
    for source in (path, log):
        shutil.copyfile(source, Path(copy.name) / source.name)
    return sqlite3.connect(Path(copy.name) / path.name), copy
