"""Pictures of a folder or a zip: their names, their bytes, and images from these."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageOps

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")  # decoders that strangers' files may reach
MAX_PIXELS = 64_000_000  # a larger picture is refused before it is decoded
MAX_FILE_BYTES = 256_000_000


def open_pictures(place: Path) -> PictureFolder | PictureZip:
    """Return the pictures of a folder or a zip; their names are in the order of a loaded set."""
    return PictureZip(place) if place.is_file() else PictureFolder(place)


def _is_picture(name: str) -> bool:
    """Say whether a file is a picture, by its path below the set, and none that is hidden.

    The zips of macOS hold a second, hidden file for each, in ``__MACOSX``.
    """
    path = PurePosixPath(name)
    hidden = any(
        part == "__MACOSX" or (part.startswith(".") and part != "..") for part in path.parts
    )
    return path.suffix.lower() in SUFFIXES and not hidden


class PictureFolder:
    """The pictures of a folder and its subfolders."""

    def __init__(self, path: Path):
        self._path = path
        self._files: dict[str, os.stat_result] = {}
        for folder, subfolders, files in os.walk(path):
            subfolders[:] = [name for name in subfolders if not name.startswith(".")]
            for entry in files:
                file = Path(folder, entry)
                name = file.relative_to(path).as_posix()
                if _is_picture(name):
                    # A link to nothing is a picture that cannot be read.
                    self._files[name] = file.stat() if file.exists() else file.lstat()
        self.names = sorted(self._files)

    def fingerprint(self) -> str:
        """Return what changes when a file does."""
        facts = [(n, self._files[n].st_size, self._files[n].st_mtime_ns) for n in self.names]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def read(self, name: str) -> bytes:
        """Return a picture's bytes; ValueError if they are too many."""
        if self._files[name].st_size > MAX_FILE_BYTES:
            raise ValueError(f"over {MAX_FILE_BYTES // 10**6} MB")
        return (self._path / name).read_bytes()


class PictureZip:
    """The pictures of a zip; members are read in memory, so their names never become paths."""

    def __init__(self, path: Path):
        self._path = path
        self._zip = zipfile.ZipFile(path)
        self.names = sorted(
            info.filename
            for info in self._zip.infolist()
            if not info.is_dir() and _is_picture(info.filename)
        )

    def fingerprint(self) -> str:
        """Return what changes when the zip does."""
        stat = self._path.stat()
        return f"{stat.st_size} {stat.st_mtime_ns}"

    def read(self, name: str) -> bytes:
        """Return a picture's bytes; ValueError if they are too many."""
        if self._zip.getinfo(name).file_size > MAX_FILE_BYTES:
            raise ValueError(f"over {MAX_FILE_BYTES // 10**6} MB")
        return self._zip.read(name)


class UnreadablePictureError(Exception):
    """A picture that is left out, and why."""


def load_picture(pictures: PictureFolder | PictureZip, name: str, image_size: int) -> np.ndarray:
    """Read and decode one of some pictures, as :func:`decode` does.

    Raises:
        UnreadablePictureError: It cannot be, for whatever reason.
    """
    try:
        return decode(pictures.read(name), image_size)
    except Exception as error:  # decoders raise nearly anything on a crafted file
        raise UnreadablePictureError(f"{type(error).__name__}: {error}") from error


def decode(data: bytes, image_size: int) -> np.ndarray:
    """Decode one picture to uint8 (3, image_size, image_size), RGB.

    The EXIF turn is applied; alpha goes on white; grey and palette become RGB; another size is
    cut to its largest centred square and resized with Lanczos, which antialiases.

    Raises:
        ValueError, OSError: It is no picture, torn, or over :data:`MAX_PIXELS`.
    """
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError(f"{picture.width}x{picture.height} is over the pixel cap")
        picture = ImageOps.exif_transpose(picture)
        if picture.mode.startswith("I"):  # 16-bit grey, which convert() would clip
            picture = Image.fromarray((np.asarray(picture) / 257).astype(np.uint8))
        if picture.has_transparency_data:
            picture = picture.convert("RGBA")
            ground = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(ground, picture)
        picture = picture.convert("RGB")
        if picture.size != (image_size, image_size):
            picture = ImageOps.fit(picture, (image_size, image_size), Image.Resampling.LANCZOS)
        return np.asarray(picture).transpose(2, 0, 1)
