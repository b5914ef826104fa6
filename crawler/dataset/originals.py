"""Where a set's pictures lie, and whether they are still the ones that were fetched."""

from __future__ import annotations

import hashlib
from pathlib import Path

from crawler.fetch.answers import Answer
from crawler.fetch.pictures import EXTENSIONS, inspect, store


def find_original(folder: Path, sha256: str) -> Path | None:
    """The picture with this sha256 below ``originals/``, by its name."""
    for extension in EXTENSIONS.values():
        path = folder / "originals" / sha256[:2] / f"{sha256}.{extension}"
        if path.exists():
            return path
    return None


def difference(path: Path | None, sha256: str, md5: str | None = None) -> str | None:
    """What is wrong with a file: ``missing``, ``sha256 differs``, ``md5 differs`` or None."""
    if path is None:
        return "missing"
    try:
        content = path.read_bytes()
    except OSError:
        return "missing"
    if hashlib.sha256(content).hexdigest() != sha256:
        return "sha256 differs"
    if md5 is not None and hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
        return "md5 differs"
    return None


def keep_original(folder: Path, content: bytes, sha256: str, max_pixels: int) -> str | None:
    """Store what was fetched if it is the picture that was wanted, else say what is wrong."""
    if hashlib.sha256(content).hexdigest() != sha256:
        return "the site sent another picture than the manifest's"
    inspection = inspect(content, max_pixels)
    if inspection.answer is not Answer.OK:
        return f"the site sent no usable picture ({inspection.answer.name.lower()})"
    store(content, inspection, folder)
    return None
