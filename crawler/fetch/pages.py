"""Raw pages on the disk: those that could not be read always, all others if the user likes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from crawler.fetch.answers import Answer, FetchError, is_html
from crawler.fetch.transport import Page
from crawler.shared.files import replacing

FAILED, READ = "failed", "pages"  # folders of the data set
INDEX = "pages.jsonl"


def keep_failed(folder: Path, page_id: int, error: FetchError) -> str | None:
    """Keep the bytes of a page that could not be read; returns their path in ``folder``.

    None where nothing came.  The file is called by the page's number in the archive, and what
    came last stays.
    """
    if not error.body or error.answer in (Answer.AGE_GATE, Answer.UNAUTHORIZED):
        return None  # those pages say no more than their answer
    return (
        _keep(folder / FAILED / f"page-{page_id:06d}", error.body).relative_to(folder).as_posix()
    )


def keep_page(folder: Path, page: Page) -> None:
    """Keep a page that was read (``--write-pages``), and note in an index what it is."""
    path = _keep(folder / READ / hashlib.sha256(page.body).hexdigest()[:32], page.body)
    entry = {"url": page.url, "status": page.status, "file": path.name}
    with open(folder / READ / INDEX, "a", encoding="utf-8") as index:
        index.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _keep(stem: Path, body: bytes) -> Path:
    start = body[:1000].lstrip()
    suffix = "xml" if start.startswith(b"<?xml") else "html" if is_html(body) else "txt"
    path = stem.with_suffix(f".{suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(body)
    return path
