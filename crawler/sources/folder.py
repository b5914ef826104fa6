"""A folder of pictures that one already has, as a source like the sites."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote

from crawler.fetch import Answer, FetchError, Limits, Picture
from crawler.fetch.pictures import inspect
from crawler.schema import ImageRow, PageRow
from crawler.shared.errors import UserError
from crawler.sources.base import ImageItem, PageRequest, PostItem, Reading

log = logging.getLogger(__name__)
SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".webp"}


def path_of(url: str, folder: Path) -> Path:
    """Where the picture of a ``file:`` URL lies; a stranger's manifest does not lead outside.

    Raises:
        FetchError: The URL is not that of a picture below ``folder``.
    """
    path = (folder / unquote(url.removeprefix("file:"))).resolve()
    if not url.startswith("file:") or not path.is_relative_to(folder.resolve()):
        raise FetchError(Answer.ELSEWHERE, url)
    return path


def _is_utf8(name: str) -> bool:
    """Whether a name that the system gave holds no bytes that Python could not read."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


class Folder:
    """Every picture below a folder, each a post of its own; they are read where they lie.

    Args:
        path: The folder.
        limits: Its caps on bytes and pixels hold here too.
        but_not: Folders of which nothing is taken if they lie below it: what a crawl of it
            writes is not to come back as new pictures.

    Raises:
        UserError: There is no such folder, or no picture in it, or its name is not UTF-8.
    """

    name = "folder"
    default_profile = "tight"
    posts_at_once = 64  # enough to keep several processes busy
    is_listed_anew = True
    max_barren_pages = None

    def __init__(self, path: Path, limits: Limits, *, but_not: Iterable[Path] = ()):
        if not path.is_dir():
            raise UserError(f"{path} is not a folder: give the folder that holds the pictures.")
        self._path = path.resolve()
        if not _is_utf8(str(self._path)):
            raise UserError(
                f"the name of {str(self._path)!r} is not UTF-8, so it cannot be written down: "
                "rename that folder."
            )
        self._limits = limits
        self._but_not = [p for p in map(Path.resolve, but_not) if self._path in p.parents]

    def first_pages(self) -> list[PageRequest]:
        """The folder, as the one page there is."""
        return [PageRequest("folder", "file:")]

    update_pages = first_pages

    def pages_after_failure(self, page: PageRow, answer: Answer) -> list[PageRequest] | None:
        """There is no other page."""
        return None

    def advice(self, answer: Answer) -> str | None:
        """None: no site is asked."""
        return None

    def read(self, page: PageRow) -> Reading:
        """List the pictures by their relative path."""
        found = sorted(
            file.relative_to(self._path).as_posix()
            for file in self._path.rglob("*")
            if file.suffix.lower() in SUFFIXES
            and not any(folder in file.parents for folder in self._but_not)
            and file.is_file()
        )
        names = [name for name in found if _is_utf8(name)]
        if len(names) < len(found):
            unnamed = next(name for name in found if not _is_utf8(name))
            log.warning(
                "%d pictures are left out, as their names are not UTF-8 (%r is the first): rename "
                "them and run the same command again",
                len(found) - len(names),
                unnamed,
            )
        if not names:
            raise UserError(
                f"there is no picture in {self._path} (looked for {', '.join(sorted(SUFFIXES))}): "
                "give the folder that holds them."
            )
        posts = (
            PostItem(
                post_id=name,
                group_key=f"folder:{name.rpartition('.')[0]}",
                page_url=f"file:{quote(name)}",
                images=(ImageItem(f"file:{quote(name)}", "file"),),
            )
            for name in names
        )
        return Reading(posts=tuple(posts), facts={"total_posts": len(names)})

    def obtain(self, image: ImageRow, folder: Path) -> Picture:
        """Hash a picture where it lies; it is decoded once, when its faces are cut."""
        path = path_of(image.url, self._path)
        try:
            if path.stat().st_size > self._limits.picture_bytes:
                raise FetchError(Answer.TOO_LARGE, image.url)
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise FetchError(Answer.MISSING, image.url) from error
        inspection = inspect(data, self._limits.picture_pixels, decode=False)
        if inspection.answer is not Answer.OK:
            raise FetchError(inspection.answer, image.url, inspection.detail)
        return Picture(
            path=str(path),
            sha256=hashlib.sha256(data).hexdigest(),
            md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
            n_bytes=len(data),
            width=inspection.width,
            height=inspection.height,
        )
