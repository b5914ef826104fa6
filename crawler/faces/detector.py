"""What finds faces: the interface, and the cascade behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from crawler.faces.cascade import CASCADE_NAME, CASCADE_SHA256, load_cascade
from crawler.faces.picture import DecodedPicture
from crawler.faces.tilt import TILTS, Rotation, overlap, share_covered, share_inside

MIN_WINDOW_PX = 24  # the cascade's own window
MIN_INSIDE = 0.9  # of a tilted face: more outside is a ghost in the smeared corners
SCALE_FACTOR = 1.1  # between two sizes of the window: the author's
FINE_SCALE_FACTOR = 1.15  # of the second, finer search
# One face, and no smaller than this share of the longer side, is a portrait: nobody else is
# looked for in the fine search, which is where the time goes.
PORTRAIT_SHARE = 0.125
MAX_OVERLAP, MAX_COVERED = 0.2, 0.5  # beyond which two boxes show one face


@dataclass(frozen=True)
class Face:
    """A face in a picture."""

    box: tuple[int, int, int, int]  # x, y, w, h [px of the picture]
    score: float  # higher is surer; comparable within one detector
    tilt: int = 0  # by how many degrees the picture was turned when it was found


class Detector(Protocol):
    """Anything that finds faces; name, version and sha256 go into the manifest."""

    name: str
    version: str
    sha256: str

    def detect(self, picture: DecodedPicture) -> list[Face]:
        """The faces of a picture, from top to bottom, then from left to right."""


class CascadeDetector:
    """nagadomi's local binary patterns, on a small grey picture and then on a larger one.

    What is finer than the cascade's cells is noise to it, so a large face is found best where
    it is small, and a small one only where it still has 24 pixels: no single size suits both.
    The small picture is searched first; the larger one adds the faces that overlap none of
    its faces.

    The picture is not equalised: the cascade's patterns compare neighbouring cells, which a
    global histogram changes little, while a white ground would pull all the skin towards it.

    Args:
        path: The cascade's file, see :func:`crawler.faces.cascade.find_cascade`.
        long_side: Longest side of what is searched first [px].
        min_neighbors: Windows that must agree on a face.
        fine_long_side: Longest side of the second search [px]; none if it is not larger.
        min_neighbors_fine: Windows that must agree there, where they are fewer.
        min_neighbors_tilted: The same for a face that is found only in a turned picture;
            ``None`` looks at the upright picture alone.
    """

    name = CASCADE_NAME
    version = f"opencv-{cv2.__version__}"
    sha256 = CASCADE_SHA256

    def __init__(
        self,
        path,
        *,
        long_side: int,
        min_neighbors: int,
        fine_long_side: int = 0,
        min_neighbors_fine: int = 3,
        min_neighbors_tilted: int | None = None,
    ):
        self._cascade = load_cascade(path)
        self._long_side = long_side
        self._min_neighbors = min_neighbors
        self._fine_long_side = fine_long_side
        self._min_neighbors_fine = min_neighbors_fine
        self._min_neighbors_tilted = min_neighbors_tilted

    def detect(self, picture: DecodedPicture) -> list[Face]:
        """See :class:`Detector`."""
        grey = picture.grey(self._long_side)
        scale = _scale(picture, grey)
        found = [(box * scale, score, 0) for box, score in self._search(grey, self._min_neighbors)]
        if self._wants_fine_search(picture, [box for box, _, _ in found]):
            found += self._search_finely(picture, [box for box, _, _ in found])
        if self._min_neighbors_tilted is not None:
            tilted = self._search_tilted(grey, [box / scale for box, _, _ in found])
            found += [(box * scale, score, degrees) for box, score, degrees in tilted]
        faces = [
            Face(tuple(int(side) for side in np.rint(box)), round(score, 4), tilt)
            for box, score, tilt in found
        ]
        return sorted(faces, key=lambda face: (face.box[1], face.box[0], face.box[2]))

    def _wants_fine_search(self, picture: DecodedPicture, boxes: list[np.ndarray]) -> bool:
        longer = max(picture.width, picture.height)
        if self._fine_long_side <= self._long_side or longer <= self._long_side:
            return False  # the whole picture was searched as it is
        return len(boxes) != 1 or max(boxes[0][2:]) < PORTRAIT_SHARE * longer

    def _search_finely(self, picture: DecodedPicture, known: list[np.ndarray]):
        """Faces that only the larger picture shows, the surest first."""
        grey = picture.grey(self._fine_long_side)
        scale, kept = _scale(picture, grey), []
        found = self._search(grey, self._min_neighbors_fine, FINE_SCALE_FACTOR)
        for box, score in sorted(found, key=lambda item: -item[1]):
            box = box * scale
            if all(
                overlap(box, other) <= MAX_OVERLAP and share_covered(box, other) <= MAX_COVERED
                for other in known
            ):
                known = [*known, box]
                kept.append((box, score, 0))
        return kept

    def _search(
        self, grey: np.ndarray, min_neighbors: int, scale_factor: float = SCALE_FACTOR
    ) -> list[tuple[np.ndarray, float]]:
        boxes, _, scores = self._cascade.detectMultiScale3(
            grey,
            scaleFactor=scale_factor,
            minNeighbors=min_neighbors,
            minSize=(MIN_WINDOW_PX, MIN_WINDOW_PX),
            outputRejectLevels=True,
        )
        return [
            (np.asarray(box, float), float(score)) for box, score in zip(boxes, np.ravel(scores))
        ]

    def _search_tilted(self, grey: np.ndarray, known: list[np.ndarray]):
        """Faces that only turned pictures show: the surest of those that overlap."""
        found = []
        for degrees in TILTS:
            rotation = Rotation(grey.shape, degrees)
            for box, score in self._search(rotation.turn(grey), self._min_neighbors_tilted):
                box = rotation.back(box)
                if share_inside(box, grey.shape) >= MIN_INSIDE:
                    found.append((box, score, degrees))
        kept = []
        for box, score, degrees in sorted(found, key=lambda item: -item[1]):
            if all(overlap(box, other) <= MAX_OVERLAP for other in known):
                known = [*known, box]
                kept.append((box, score, degrees))
        return kept


def _scale(picture: DecodedPicture, grey: np.ndarray) -> np.ndarray:
    """What turns a box of the searched picture into one of the whole picture."""
    return np.array([picture.width / grey.shape[1], picture.height / grey.shape[0]] * 2)
