"""A drawn face that every detector must find before it is trusted with real pictures.

A detector that silently finds nothing (a damaged OpenCV build, a wrong file) would turn a
night's crawl into an empty data set.
"""

from __future__ import annotations

import cv2
import numpy as np

from crawler.faces.detector import Detector
from crawler.faces.picture import DecodedPicture
from crawler.faces.png import encode_png
from crawler.faces.tilt import overlap
from crawler.shared.errors import UserError

FACE_BOX = (56, 82, 188, 188)  # x, y, w, h about the drawn features [px]


def draw_face() -> np.ndarray:
    """A plain anime face: uint8 (300, 300, 3), RGB."""
    face = np.full((300, 300, 3), (205, 215, 235), np.uint8)
    hair, skin, line = (122, 84, 60), (250, 224, 205), (70, 40, 40)

    def ellipse(centre, axes, colour, thickness=-1, start=0, end=360):
        cv2.ellipse(face, centre, axes, 0, start, end, colour, thickness, cv2.LINE_AA)

    ellipse((150, 140), (100, 108), hair)
    cv2.rectangle(face, (118, 200), (182, 299), skin, -1)
    cheeks = np.array([[78, 130], [84, 180], [112, 214], [150, 234], [188, 214], [216, 180]])
    cv2.fillPoly(face, [np.vstack([cheeks, [[222, 130], [150, 70]]])], skin, cv2.LINE_AA)
    cv2.polylines(face, [cheeks], False, line, 2, cv2.LINE_AA)
    for x in (112, 188):
        ellipse((x, 158), (21, 25), (255, 255, 255))
        ellipse((x, 160), (15, 23), (60, 90, 150))
        ellipse((x, 160), (7, 13), (25, 30, 60))
        ellipse((x - 5, 149), (5, 6), (255, 255, 255))
        ellipse((x, 156), (23, 24), line, 5, 195, 345)
        ellipse((x, 128), (20, 8), line, 2, 200, 340)
    cv2.line(face, (150, 190), (148, 195), line, 2, cv2.LINE_AA)
    ellipse((150, 208), (11, 5), line, 2, 10, 170)
    fringe = [[92, 66], [208, 66], [226, 132], [200, 106], [184, 134], [158, 104]]
    fringe += [[140, 134], [118, 106], [98, 136], [76, 130]]
    cv2.fillPoly(face, [np.array(fringe)], hair, cv2.LINE_AA)
    return face


def require_sight(detector: Detector) -> None:
    """Make sure that a detector finds the drawn face.

    Raises:
        UserError: If it does not.
    """
    found = detector.detect(DecodedPicture(encode_png(draw_face()), 10**6))
    if not any(overlap(face.box, FACE_BOX) > 0.3 for face in found):
        raise UserError(
            f"the face detector {detector.name} ({detector.version}) finds nothing in the drawn "
            "face of crawler/faces/selftest.py, so it would find nothing at all: install "
            "opencv-python 4.8 or later, below 5, and check --detect-long-side."
        )
