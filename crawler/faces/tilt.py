"""Turning a picture for heads that lean, and bringing what is found back."""

from __future__ import annotations

import cv2
import numpy as np

#: The cascade finds 64, 57, 36 and 8 of 64 faces that lean by 0, 15, 30 and 45 degrees:
#: four turned passes cover about 45 degrees to either side.
TILTS = (15, -15, 30, -30)


class Rotation:
    """A rotation about a picture's centre onto a canvas that holds all of it.

    Args:
        shape: The picture's height and width.
        degrees: Counter-clockwise.
    """

    def __init__(self, shape: tuple[int, int], degrees: float):
        height, width = shape
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
        cosine, sine = np.abs(matrix[0, :2])
        self._size = round(width * cosine + height * sine), round(width * sine + height * cosine)
        matrix[:, 2] += (self._size[0] - width) / 2, (self._size[1] - height) / 2
        self._matrix = matrix
        self._inverse = cv2.invertAffineTransform(matrix)

    def turn(self, grey: np.ndarray) -> np.ndarray:
        """The turned picture; its corners repeat the edge, so that they draw no line."""
        return cv2.warpAffine(
            grey,
            self._matrix,
            self._size,
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def back(self, box: np.ndarray) -> np.ndarray:
        """An upright box of the same size about where a turned picture's box has its centre."""
        x, y, w, h = box
        centre = self._inverse @ (x + w / 2, y + h / 2, 1.0)
        return np.array([centre[0] - w / 2, centre[1] - h / 2, w, h])


def overlap(a, b) -> float:
    """Intersection over union of two boxes (x, y, w, h)."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def share_covered(a, b) -> float:
    """The common part of two boxes (x, y, w, h), as a share of the smaller one."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min(a[2] * a[3], b[2] * b[3])


def share_inside(box, shape: tuple[int, int]) -> float:
    """How much of a box (x, y, w, h) lies in a picture of ``shape`` (height, width)."""
    width = min(box[0] + box[2], shape[1]) - max(box[0], 0)
    height = min(box[1] + box[3], shape[0]) - max(box[1], 0)
    return max(0.0, width) * max(0.0, height) / (box[2] * box[3])
