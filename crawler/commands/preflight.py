"""What can be known to be wrong before anything is made, and unmaking what came to nothing."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crawler.archive import Archive
from crawler.commands import arguments
from crawler.commands.opening import check_manners, opened_folder
from crawler.database import FILE_NAME, NothingStored
from crawler.faces import FaceSettings
from crawler.fetch.pages import FAILED


def preflight(args: argparse.Namespace, record: Mapping[str, Any] | None, folder: Path) -> None:
    """Refuse what cannot work, before a cascade is looked for or a folder is made.

    Args:
        args: The command line.
        record: What the set is to be begun with; None for one that was begun.
        folder: The data set's.

    Raises:
        UserError: There is no such set or folder, no contact, or a setting makes no sense.
    """
    kept, contact = None, None
    if record is None or (folder / FILE_NAME).exists():
        try:
            with Archive(folder, read_only=True) as archive:
                kept, contact = archive.fact("settings"), archive.fact("contact")
        except NothingStored:
            if record is None:
                raise
    arguments.face_settings(args, FaceSettings())
    about = record or kept
    if about is None:
        return
    if about["source"] == "folder":
        opened_folder(about["query"]["path"], args)
    else:
        contact = args.contact or contact
        check_manners(contact, args, is_private=about["allow_private"])


@contextlib.contextmanager
def leaving_nothing(folder: Path) -> Iterator[None]:
    """Remove the folders that the body made if it fails before a page was read."""
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    except BaseException:
        if made and folder.exists() and _is_empty(folder):
            shutil.rmtree(folder, ignore_errors=True)
            for path in made[1:]:
                with contextlib.suppress(OSError):
                    path.rmdir()
        raise


def _is_empty(folder: Path) -> bool:
    if (folder / FAILED).exists() or not (folder / FILE_NAME).exists():
        return not (folder / FAILED).exists()
    connection = sqlite3.connect(folder / FILE_NAME)
    try:
        query = "SELECT 1 FROM pages WHERE state != 'wanted' LIMIT 1"
        return connection.execute(query).fetchone() is None
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()
