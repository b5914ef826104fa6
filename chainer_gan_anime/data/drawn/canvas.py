"""Painting filled shapes and strokes in face units on an oversampled picture."""

from __future__ import annotations

import cv2
import numpy as np

Colour = tuple[int, int, int]

_SUBPIXEL_BITS = 4
_STEPS = 5
_ANGLES = np.arange(20) * (2 * np.pi / 20)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)


def _catmull_rom_basis(steps: int) -> np.ndarray:
    t = (np.arange(steps) / steps)[:, None]
    return 0.5 * np.concatenate(
        [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2],
        axis=1,
    )


_BASIS = _catmull_rom_basis(_STEPS)
_BEZIER_T = np.linspace(0, 1, 7)[:, None]
_BEZIER = np.concatenate(
    [(1 - _BEZIER_T) ** 2, 2 * _BEZIER_T * (1 - _BEZIER_T), _BEZIER_T**2], axis=1
)


def smooth(points: np.ndarray) -> np.ndarray:
    """Closed Catmull-Rom curve through ``points`` (n, 2), as (5 n, 2) corners."""
    points = np.asarray(points, dtype=np.float64)
    n = len(points)
    around = points[(np.arange(n)[:, None] + np.arange(-1, 3)) % n]
    return (_BASIS @ around).reshape(-1, 2)


def bend(start, control, end) -> np.ndarray:
    """Quadratic Bezier curve from ``start`` to ``end``, as (7, 2) points."""
    return _BEZIER @ np.array((start, control, end), dtype=np.float64)


def oval(x: float, y: float, half_width: float, half_height: float) -> np.ndarray:
    """Ellipse around (x, y) as (20, 2) corners."""
    return _CIRCLE * (half_width, half_height) + (x, y)


def mix(colour: Colour, other: Colour, share: float) -> Colour:
    """``colour`` with ``share`` (0 to 1) of ``other`` stirred in."""
    return tuple(int(round(a + (b - a) * share)) for a, b in zip(colour, other))


class Canvas:
    """A picture painted at ``oversampling`` times its size and shrunk once, which smooths edges.

    Everything is given in face units: the origin lies between the eyes, x runs to the right,
    y down, and 1 is half a face's width.

    Args:
        height, width: size of the finished picture in pixels.
        origin: (x, y) of the face's origin in the finished picture, in pixels.
        unit_px: length of one face unit in the finished picture, in pixels.
        roll: turn of everything painted around the origin, in radians, clockwise.
        oversampling: sides of the block of painted pixels behind each pixel of the picture.
    """

    def __init__(
        self,
        height: int,
        width: int,
        origin: tuple[float, float],
        unit_px: float,
        roll: float = 0.0,
        oversampling: int = 4,
    ):
        self.oversampling = oversampling
        self.pixels = np.zeros((height * oversampling, width * oversampling, 4), np.uint8)
        # One number a pixel: whole pixels are then copied, not four bytes each.
        self._packed = self.pixels.view(np.uint32)[:, :, 0]
        self._unit = unit_px * oversampling
        self._origin = np.array(origin) * oversampling
        cos, sin = self._unit * np.cos(roll), self._unit * np.sin(roll)
        self._rotation = np.array([[cos, sin], [-sin, cos]])

    def _corners(self, points: np.ndarray) -> np.ndarray:
        corners = points @ self._rotation + self._origin
        return np.rint(corners * 2**_SUBPIXEL_BITS).astype(np.int32)

    def fill(
        self, points, colour: Colour, outline: Colour | None = None, width: float = 0.035
    ) -> None:
        """Paint the polygon ``points`` (n, 2); ``outline`` gives it an edge of ``width``."""
        corners = self._corners(np.asarray(points, dtype=np.float64))
        cv2.fillPoly(self.pixels, [corners], (*colour, 255), cv2.LINE_8, _SUBPIXEL_BITS)
        if outline is not None:
            self._polyline(corners, True, outline, width)

    def stroke(self, points, colour: Colour, width: float = 0.035) -> None:
        """Paint an open line through ``points`` (n, 2)."""
        self._polyline(self._corners(np.asarray(points, dtype=np.float64)), False, colour, width)

    def fill_within(self, area, shapes, colour: Colour) -> None:
        """Paint what of the polygons ``shapes`` lies inside the polygon ``area``.

        The area must touch the picture.
        """
        edge = self._corners(area)
        left, top = np.maximum((edge.min(axis=0) >> _SUBPIXEL_BITS) - 1, 0)
        right, bottom = (edge.max(axis=0) >> _SUBPIXEL_BITS) + 2
        window = self._packed[top:bottom, left:right]
        shift = np.array([left, top], np.int32) << _SUBPIXEL_BITS
        inside = np.zeros(window.shape, np.uint8)
        covered = np.zeros_like(inside)
        cv2.fillPoly(inside, [edge - shift], 1, cv2.LINE_8, _SUBPIXEL_BITS)
        for shape in shapes:
            corners = self._corners(shape) - shift
            cv2.fillPoly(covered, [corners], 1, cv2.LINE_8, _SUBPIXEL_BITS)
        packed = np.array([*colour, 255], np.uint8).view(np.uint32)
        np.copyto(window, packed, where=cv2.bitwise_and(inside, covered).view(bool))

    def _polyline(self, corners: np.ndarray, closed: bool, colour: Colour, width: float) -> None:
        thickness = max(1, round(width * self._unit))
        cv2.polylines(
            self.pixels, [corners], closed, (*colour, 255), thickness, cv2.LINE_8, _SUBPIXEL_BITS
        )

    def ground(self, top: Colour, bottom: Colour) -> None:
        """Cover everything with a vertical gradient."""
        height = len(self.pixels)
        share = (np.arange(height) / height)[:, None]
        rows = np.rint((*top, 255) + np.subtract((*bottom, 255), (*top, 255)) * share)
        self._packed[:] = rows.astype(np.uint8).view(np.uint32)

    def shrink(self) -> np.ndarray:
        """The finished picture, uint8 (height, width, 4) RGBA, colours not premultiplied."""
        height, width = (side // self.oversampling for side in self.pixels.shape[:2])
        # Unpainted pixels are all zero, so the mean's colours come out premultiplied by alpha.
        picture = cv2.resize(self.pixels, (width, height), interpolation=cv2.INTER_AREA)
        alpha = picture[:, :, 3:].astype(np.int32)
        partly = (alpha > 0) & (alpha < 255)
        if partly.any():
            colours = picture[:, :, :3].astype(np.int32)
            divisor = np.maximum(alpha, 1)
            straight = np.minimum((colours * 255 + divisor // 2) // divisor, 255)
            picture[:, :, :3] = np.where(partly, straight, colours)
        return picture
