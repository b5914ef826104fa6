"""A picture as the face cutter sees it: small and grey to search, whole and in RGB to cut.

Nothing is decoded before the header's size is known to be acceptable.  A JPEG that is only
searched is decoded at 1/2, 1/4 or 1/8 of its size, which its blocks allow at little cost.
"""

from __future__ import annotations

import io
import math
import os
import warnings

import cv2
import numpy as np
from PIL import Image, ImageOps

#: Behind transparent parts while a face is searched.  The cascade learnt from pictures with
#: grounds; on this grey it finds the most faces of standing pictures.
SEARCH_GROUND = 200
CUT_GROUND = 255

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")  # decoders that strangers' files may reach

_EXIF_ORIENTATION = 0x0112
_TURNS_ON_ITS_SIDE = (5, 6, 7, 8)


class UnusablePicture(Exception):
    """A picture that cannot be searched; ``reason`` is one word for the archive."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class DecodedPicture:
    """An opened picture, turned as its EXIF data say.

    Args:
        source: A path or the file's bytes.
        max_pixels: Width times height above which it is not decoded.

    Attributes:
        width, height: Its size in pixels, after turning.

    Raises:
        UnusablePicture: ``unreadable``, or ``too_many_pixels``.
    """

    def __init__(self, source: str | os.PathLike | bytes, max_pixels: int):
        self._source = source
        self._whole: Image.Image | None = None
        self._rgb: np.ndarray | None = None
        self._drafted: tuple[tuple[int, int], Image.Image] | None = None  # size before turning
        with _Opened(source) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise UnusablePicture("too_many_pixels")
            self._is_jpeg = image.format == "JPEG"
            if not self._is_jpeg:  # only a JPEG can be decoded in part, and tells its turn first
                self._whole = ImageOps.exif_transpose(image)
                width, height = self._whole.size
            elif image.getexif().get(_EXIF_ORIENTATION) in _TURNS_ON_ITS_SIDE:
                width, height = height, width
        self.width, self.height = width, height

    def grey(self, long_side: int) -> np.ndarray:
        """The picture in grey, shrunk to ``long_side`` where it is longer, uint8 (h, w)."""
        scale = min(1.0, long_side / max(self.width, self.height))
        size = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        if self._is_jpeg:
            with _Opened(self._source) as image:
                image.draft("L", (math.ceil(image.width * scale), math.ceil(image.height * scale)))
                if self._drafted is None or self._drafted[0] != image.size:
                    self._drafted = image.size, ImageOps.exif_transpose(image)
                small = self._drafted[1]
        else:
            small = self._whole
        grey = np.asarray(_flattened(small, "L", SEARCH_GROUND))
        if grey.shape != size[::-1]:
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        return grey

    def rgb(self) -> np.ndarray:
        """The whole picture on white, uint8 (height, width, 3)."""
        if self._whole is None:
            with _Opened(self._source) as image:
                self._whole = ImageOps.exif_transpose(image)
        if self._rgb is None:
            self._rgb = np.asarray(_flattened(self._whole, "RGB", CUT_GROUND))
        return self._rgb


class _Opened:
    """Opens an image and turns whatever goes wrong while it is used into one reason."""

    def __init__(self, source: str | os.PathLike | bytes):
        self._source = io.BytesIO(source) if isinstance(source, bytes) else source

    def __enter__(self) -> Image.Image:
        try:
            with warnings.catch_warnings():  # the cap on pixels is ours
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                self._image = Image.open(self._source, formats=FORMATS)
            return self._image
        except Image.DecompressionBombError as error:
            raise UnusablePicture("too_many_pixels") from error
        except Exception as error:  # Pillow's plugins raise nearly anything on broken files
            raise UnusablePicture("unreadable") from error

    def __exit__(self, kind, error, traceback):
        self._image.close()
        if isinstance(error, Exception) and not isinstance(error, UnusablePicture):
            raise UnusablePicture("unreadable") from error


def _flattened(image: Image.Image, mode: str, ground: int) -> Image.Image:
    """The image on a plain ground, in ``mode`` ('L' or 'RGB')."""
    if image.mode.startswith("I") or image.mode == "F":  # 16 bits a pixel
        image = image.point(lambda value: value / 256).convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        under = Image.new("RGBA", image.size, (ground, ground, ground, 255))
        image = Image.alpha_composite(under, image)
    return image if image.mode == mode else image.convert(mode)
