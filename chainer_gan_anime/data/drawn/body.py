"""Neck, shoulders and clothes."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.data.drawn.canvas import Canvas, mix, smooth
from chainer_gan_anime.data.drawn.look import INK, WHITE, Look

_OPENING = np.array([(-0.42, 1.44), (0.42, 1.44), (0.0, 2.1)])


def draw_neck(canvas: Canvas, look: Look) -> None:
    """The neck, in the chin's shadow."""
    half = np.array([(0.34, 0.6), (0.36, 1.5), (0.55, 1.75)])
    neck = np.concatenate([half, half[::-1] * (-1, 1)]) + (look.lean, 0)
    shaded = mix(look.skin, (190, 104, 96), 0.28)
    canvas.fill(neck, shaded, outline=mix(look.skin, INK, 0.55))


def draw_collar(canvas: Canvas, look: Look) -> None:
    """The collar, and what is worn with it."""
    _COLLARS[look.collar](canvas, look)


def draw_shoulders(canvas: Canvas, look: Look) -> None:
    """Neck, shoulders and collar; the shoulders run on below any head-and-shoulders crop."""
    draw_neck(canvas, look)
    half = np.array([(0.4, 1.45), (1.0, 1.62), (1.6, 1.85), (1.95, 2.6), (2.0, 4.2)])
    torso = np.concatenate([[(0, 1.5)], half, half[::-1] * (-1, 1)]) + (look.lean, 0)
    canvas.fill(smooth(torso), look.clothes, outline=mix(look.clothes, INK, 0.6))
    draw_collar(canvas, look)


def _sailor(canvas: Canvas, look: Look) -> None:
    canvas.fill(_OPENING + (look.lean, 0), look.skin)
    for side in (-1, 1):
        flap = np.array([(0.4, 1.4), (1.15, 1.64), (0.9, 2.2), (0.0, 2.15)]) * (side, 1)
        canvas.fill(flap + (look.lean, 0), look.trim, outline=mix(look.trim, INK, 0.5))
        stripe = np.array([(1.0, 1.68), (0.78, 2.1), (0.1, 2.05)]) * (side, 1) + (look.lean, 0)
        canvas.stroke(stripe, WHITE, 0.05)


def _shirt(canvas: Canvas, look: Look) -> None:
    canvas.fill(_OPENING + (look.lean, 0), WHITE)
    for side in (-1, 1):
        flap = np.array([(0.4, 1.36), (0.72, 1.62), (0.3, 1.95), (0.02, 1.7)]) * (side, 1)
        canvas.fill(flap + (look.lean, 0), (250, 250, 252), outline=(150, 150, 170))
    tie = np.array([(-0.1, 1.7), (0.1, 1.7), (0.16, 2.6), (-0.16, 2.6)]) + (look.lean, 0)
    canvas.fill(tie, look.trim, outline=mix(look.trim, INK, 0.5))


def _round(canvas: Canvas, look: Look) -> None:
    opening = smooth(_OPENING + (look.lean, -0.05))
    canvas.fill(opening, look.skin, outline=mix(look.clothes, INK, 0.4))


def _ribbon(canvas: Canvas, look: Look) -> None:
    _round(canvas, look)
    for side in (-1, 1):
        wing = np.array([(0, 1.85), (0.5, 1.65), (0.5, 2.1)]) * (side, 1) + (look.lean, 0)
        canvas.fill(wing, look.trim, outline=mix(look.trim, INK, 0.5))


def _high(canvas: Canvas, look: Look) -> None:
    collar = np.array([(-0.44, 1.3), (0.44, 1.3), (0.6, 1.66), (-0.6, 1.66)]) + (look.lean, 0)
    canvas.fill(collar, look.trim, outline=mix(look.trim, INK, 0.5))


_COLLARS = {
    "sailor": _sailor,
    "shirt": _shirt,
    "round": _round,
    "ribbon": _ribbon,
    "high": _high,
}
