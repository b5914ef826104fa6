"""Is it really a picture, whole, and of a sane size?  And putting it on the disk."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from crawler.fetch.answers import Answer, is_html
from crawler.shared.files import replacing

EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "GIF": "gif", "WEBP": "webp"}
PLACEHOLDER_SIDE_PX = 4


@dataclass(frozen=True)
class Picture:
    """A picture that is on the disk."""

    path: str  # below the data set's folder, or absolute
    sha256: str
    md5: str
    n_bytes: int
    width: int | None
    height: int | None
    flag: str | None = None  # kept in spite of this


@dataclass(frozen=True)
class Inspection:
    """What looking at a picture's bytes told."""

    answer: Answer
    detail: str = ""
    extension: str = ""
    width: int = 0
    height: int = 0


def inspect(data: bytes, max_pixels: int, *, decode: bool = True) -> Inspection:
    """Sniff a picture's kind, look at its size, and only then decode all of it.

    Args:
        data: The file's bytes, whatever its name or header claimed.
        max_pixels: Width times height above which nothing is decoded.
        decode: Whether to decode it at all; what has been on this disk is decoded only once,
            by the face cutter.
    """
    if not data:
        return Inspection(Answer.ZERO_BYTES)
    if is_html(data):
        return Inspection(Answer.HTML)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=tuple(EXTENSIONS))
    except Image.DecompressionBombError as error:
        return Inspection(Answer.TOO_MANY_PIXELS, str(error))
    except Exception as error:  # Pillow's readers raise nearly anything on malicious bytes
        return Inspection(Answer.NOT_AN_IMAGE, type(error).__name__)
    with image:
        width, height = image.size
        found = {"extension": EXTENSIONS[image.format], "width": width, "height": height}
        if width * height > max_pixels:
            return Inspection(Answer.TOO_MANY_PIXELS, f"{width}x{height}", **found)
        if max(width, height) <= PLACEHOLDER_SIDE_PX:
            return Inspection(Answer.PLACEHOLDER, f"{width}x{height}", **found)
        try:
            if decode:
                image.load()
        except Exception as error:
            return Inspection(Answer.TRUNCATED, str(error), **found)
        return Inspection(Answer.OK, **found)


def store(data: bytes, inspection: Inspection, folder: Path, flag: str | None = None) -> Picture:
    """Put a picture under ``originals/`` by its own sha256; nothing of the site's names it.

    Args:
        data: The picture's bytes.
        inspection: What :func:`inspect` said of them; it must be ok.
        folder: The data set's folder.
        flag: Why the picture is doubtful, if it is.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    path = Path("originals", sha256[:2], f"{sha256}.{inspection.extension}")
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    with replacing(folder / path) as file:
        file.write(data)
    return Picture(
        path=path.as_posix(),
        sha256=sha256,
        md5=hashlib.md5(data, usedforsecurity=False).hexdigest(),
        n_bytes=len(data),
        width=inspection.width,
        height=inspection.height,
        flag=flag,
    )
