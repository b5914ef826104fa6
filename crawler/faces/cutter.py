"""From a picture's bytes to its finished faces."""

from __future__ import annotations

import functools
import hashlib
import os
from dataclasses import dataclass

from crawler.faces.cascade import find_cascade
from crawler.faces.crop import cut_square
from crawler.faces.detector import CascadeDetector, Detector, Face
from crawler.faces.filters import reject_reason
from crawler.faces.phash import perceptual_hash
from crawler.faces.picture import DecodedPicture, UnusablePicture
from crawler.faces.png import encode_png
from crawler.faces.selftest import require_sight
from crawler.faces.settings import FaceSettings


@dataclass(frozen=True)
class CutFace:
    """A face that was found, cut and judged."""

    box: tuple[int, int, int, int]  # x, y, w, h as detected [px of the picture]
    score: float
    tilt: int  # degrees
    png: bytes  # size x size, RGB
    phash: int  # 64 bits
    reject_reason: str | None  # one of filters.REASONS

    @property
    def sha256(self) -> str:
        """Of the PNG."""
        return hashlib.sha256(self.png).hexdigest()


@dataclass(frozen=True)
class CutResult:
    """What a picture gave."""

    faces: list[CutFace]
    width: int = 0  # of the picture, turned as its EXIF data say [px]; 0 if it is unreadable
    height: int = 0
    reason: str | None = None  # why there is none: no_face, unreadable, too_many_pixels


class FaceCutter:
    """Finds, cuts and judges the faces of one picture after the other.

    Args:
        settings: How.
        cascade: The cascade's file; looked for if None.
        detector: Another detector in the cascade's place; its identity must be the settings'.

    Raises:
        UserError: If the cascade cannot be had or finds nothing in a drawn face.
    """

    def __init__(
        self,
        settings: FaceSettings,
        *,
        cascade: str | os.PathLike | None = None,
        detector: Detector | None = None,
    ):
        self.settings = settings
        self.detector = detector or CascadeDetector(
            find_cascade(cascade),
            long_side=settings.detect_long_side,
            min_neighbors=settings.min_neighbors,
            fine_long_side=settings.detect_fine_side,
            min_neighbors_fine=settings.min_neighbors_fine,
            min_neighbors_tilted=settings.min_neighbors_tilted if settings.tilt else None,
        )
        if settings.detector != (self.detector.name, self.detector.sha256):
            raise ValueError(f"the settings name {settings.detector}, not {self.detector.name}")
        require_sight(self.detector)

    def cut(self, source: str | os.PathLike | bytes) -> CutResult:
        """The faces of a picture, given by its path or its bytes; a bad one is a reason."""
        try:
            picture = DecodedPicture(source, self.settings.max_pixels)
            found = self.detector.detect(picture)
            if not self.settings.all_faces:
                found = sorted(found, key=lambda face: -face.score)[:1]
            faces = [self._cut_face(picture, face) for face in found]
        except UnusablePicture as error:
            return CutResult([], reason=error.reason)
        reason = None if faces else "no_face"
        return CutResult(faces, picture.width, picture.height, reason)

    def _cut_face(self, picture: DecodedPicture, face: Face) -> CutFace:
        crop = cut_square(picture.rgb(), face.box, self.settings.layout, self.settings.size)
        return CutFace(
            box=face.box,
            score=face.score,
            tilt=face.tilt,
            png=encode_png(crop.face),
            phash=perceptual_hash(crop.face),
            reject_reason=reject_reason(face, crop, self.settings),
        )


@functools.lru_cache(maxsize=4)
def _cutter(settings: FaceSettings) -> FaceCutter:
    return FaceCutter(settings)


def cut_faces(source: str | os.PathLike | bytes, settings: FaceSettings) -> CutResult:
    """The faces of one picture; for many, :class:`crawler.faces.FacePool` is faster."""
    return _cutter(settings).cut(source)
