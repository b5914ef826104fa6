"""The face: its outline, eyes, brows, nose, mouth, blush, glasses."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.data.drawn.canvas import Canvas, bend, mix, oval, smooth
from chainer_gan_anime.data.drawn.look import INK, WHITE, Look

_PINK = (244, 120, 120)
_SHADE = (196, 110, 96)


def face_outline(look: Look) -> np.ndarray:
    """The face from the forehead to the chin, as the corners of a polygon (n, 2)."""
    right = np.array(
        [(0.7, -1.0), (0.97, -0.4), (0.99, 0.08), (0.91, 0.45), (0.68, 0.78), (0.34, 1.0)]
    )
    right[:, 1] *= np.where(right[:, 1] > 0, look.chin / 1.1, 1)
    left = right[::-1] * (-1, 1)
    points = np.concatenate([[(0, -1.2)], right, [(0.08, look.chin), (-0.08, look.chin)], left])
    # The chin follows the look to the side, the temples hardly move.
    points[:, 0] += look.yaw * np.clip(points[:, 1] + 0.3, 0, None) * 0.55
    points[:, 1] += look.pitch * 0.5
    return smooth(points)


def draw_skin(canvas: Canvas, look: Look) -> None:
    """Ears and face without its features."""
    ink = mix(look.skin, INK, 0.55)
    for side in (-1, 1):
        ear = oval(side * 0.99 - look.yaw * 0.4, 0.16, 0.13, 0.24)
        canvas.fill(ear, mix(look.skin, _SHADE, 0.18), outline=ink)
    edge = face_outline(look)
    canvas.fill(edge, look.skin, outline=ink, width=0.03)
    # The light comes from the left: a sickle of shade along the right cheek.
    cheek = edge[8:30]
    canvas.fill(np.concatenate([cheek, cheek[::-1] * (0.9, 0.97)]), mix(look.skin, _SHADE, 0.16))


def draw_features(canvas: Canvas, look: Look) -> None:
    """Eyes, nose, mouth and blush, on top of the skin."""
    if look.blush > 0:
        rosy = mix(look.skin, _PINK, look.blush * 0.45)
        for side in (-1, 1):
            canvas.fill(look.turn(oval(side * 0.62, 0.5, 0.2, 0.1)), rosy)
            centre = mix(look.skin, _PINK, look.blush * 0.8)
            canvas.fill(look.turn(oval(side * 0.62, 0.5, 0.12, 0.05)), centre)
    nose = bend((look.yaw * 0.1, 0.42), (look.yaw * 0.4 + 0.03, 0.47), (0.0, 0.5))
    canvas.stroke(look.turn(nose), mix(look.skin, _SHADE, 0.75), 0.035)
    _draw_mouth(canvas, look)
    for side, closed in zip((-1, 1), look.eye_closed):
        if closed:
            _draw_closed_eye(canvas, look, side)
        else:
            _draw_eye(canvas, look, side)


def draw_brows(canvas: Canvas, look: Look) -> None:
    """Brows; painted after the fringe, through which they show."""
    for side in (-1, 1):
        tilt = look.brow_tilt
        line = bend(
            (side * 0.24, -0.38 + tilt * 0.5),
            (side * 0.48, -0.53),
            (side * 0.76, -0.4 - tilt * 0.5),
        )
        canvas.stroke(look.turn(line), mix(look.hair, INK, 0.5), 0.04)


def draw_glasses(canvas: Canvas, look: Look) -> None:
    """Round frames over the eyes."""
    frame = mix(look.trim, INK, 0.6)
    for side in (-1, 1):
        ring = look.turn(oval(side * 0.47, 0.1, 0.37, 0.33))
        canvas.stroke(np.concatenate([ring, ring[:1]]), frame, 0.05)
    canvas.stroke(look.turn([(-0.1, 0.06), (0.1, 0.06)]), frame, 0.05)


def _eye_points(look: Look, side: int, points: np.ndarray) -> np.ndarray:
    """From an eye's own frame (x outwards, 1 is half its width) to the canvas."""
    points = np.array(points, dtype=np.float64)
    x, y = points[:, 0] * look.eye_width, points[:, 1] * look.eye_height
    y = y - x * look.eye_tilt
    return look.turn(np.stack([side * (0.47 + x), 0.06 + y], axis=1))


def _lids(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower edge of the open eye over x in -1 to 1."""
    open_share = np.clip(1 - x * x, 0, 1)
    return 0.25 - 1.2 * open_share**0.7, 0.25 + 0.7 * open_share**0.6


_X = np.linspace(-1, 1, 11)
_UPPER, _LOWER = _lids(_X)
_OPENING = np.concatenate([np.stack([_X, _UPPER], 1), np.stack([_X, _LOWER], 1)[::-1]])
_LASH_X = np.linspace(-1.06, 1.12, 11)
_LASH = np.concatenate(
    [
        np.stack([_LASH_X, np.interp(_LASH_X, _X, _UPPER) - 0.26 - 0.1 * _LASH_X], 1),
        [(1.32, -0.12)],
        np.stack([_X, _UPPER + 0.06], 1)[::-1],
    ]
)


def _iris_part(look: Look, side: int, y: float, half_width: float, half_height: float):
    """An ellipse of the iris, cut off by the lids."""
    points = oval(look.gaze * side / look.eye_width, y, half_width, half_height)
    upper, lower = _lids(points[:, 0])
    points[:, 1] = np.clip(points[:, 1], upper, lower)
    return _eye_points(look, side, points)


def _draw_eye(canvas: Canvas, look: Look, side: int) -> None:
    dark, light = mix(look.iris, INK, 0.62), mix(look.iris, WHITE, 0.45)
    lash = mix(look.hair, INK, 0.85)
    canvas.fill(_eye_points(look, side, _OPENING), (252, 250, 252))
    shade = np.concatenate([np.stack([_X, _UPPER], 1), np.stack([_X, _UPPER + 0.3], 1)[::-1]])
    canvas.fill(_eye_points(look, side, shade), (214, 210, 226))
    canvas.fill(_iris_part(look, side, 0.0, 0.76, 0.98), dark)
    canvas.fill(_iris_part(look, side, 0.14, 0.66, 0.78), look.iris)
    canvas.fill(_iris_part(look, side, 0.52, 0.46, 0.36), light)
    canvas.fill(_iris_part(look, side, -0.02, 0.27, 0.42), mix(look.iris, INK, 0.85))
    canvas.stroke(
        _eye_points(look, side, np.stack([_X, _LOWER], 1)[2:-1]), mix(lash, look.skin, 0.3), 0.03
    )
    canvas.fill(_eye_points(look, side, _LASH), lash)
    crease = np.stack([_X[2:-1], _UPPER[2:-1] - 0.5], 1)
    canvas.stroke(_eye_points(look, side, crease), mix(look.skin, _SHADE, 0.8), 0.025)
    # The light comes from one side, so both eyes carry the spark on the same side.
    canvas.fill(_eye_points(look, side, oval(-0.26 * side, -0.3, 0.22, 0.24)), WHITE)
    canvas.fill(_eye_points(look, side, oval(0.3 * side, 0.5, 0.12, 0.12)), WHITE)


def _draw_closed_eye(canvas: Canvas, look: Look, side: int) -> None:
    arc = _eye_points(look, side, bend((-1.0, 0.45), (0.0, -0.45), (1.1, 0.35)))
    canvas.stroke(arc, mix(look.hair, INK, 0.85), 0.08)


def _draw_mouth(canvas: Canvas, look: Look) -> None:
    ink = mix(look.skin, (120, 40, 48), 0.8)
    y = 0.76 * look.chin / 1.1
    if look.mouth == "open":
        shape = np.concatenate(
            [
                bend((-0.24, y - 0.05), (0, y), (0.24, y - 0.05)),
                [(0.14, y + 0.12), (0, y + 0.17), (-0.14, y + 0.12)],
            ]
        )
        canvas.fill(look.turn(smooth(shape)), (196, 74, 80), outline=ink, width=0.03)
        canvas.fill(look.turn(oval(0, y + 0.11, 0.1, 0.045)), (244, 146, 146))
        return
    lines = {
        "smile": [((-0.2, y - 0.03), (0, y + 0.12), (0.2, y - 0.03))],
        "flat": [((-0.14, y), (0, y + 0.02), (0.14, y))],
        "small": [((-0.09, y), (0, y + 0.05), (0.09, y))],
        "frown": [((-0.13, y + 0.04), (0, y - 0.05), (0.13, y + 0.04))],
        "cat": [((-0.22, y), (-0.11, y + 0.13), (0, y)), ((0, y), (0.11, y + 0.13), (0.22, y))],
    }
    for line in lines[look.mouth]:
        canvas.stroke(look.turn(bend(*line)), ink, 0.038)
