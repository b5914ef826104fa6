"""Neck, shoulders and clothes."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.data.drawn.canvas import Canvas, mix, oval, smooth
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


def draw_figure(canvas: Canvas, look: Look) -> None:
    """The whole body from the neck to the shoes: arms, legs, skirt or trousers, torso."""
    skin_ink, ink = mix(look.skin, INK, 0.55), mix(look.clothes, INK, 0.6)
    trim_ink = mix(look.trim, INK, 0.55)
    trousers = look.back == "short"
    leg, leg_ink = (look.trim, trim_ink) if trousers else (look.skin, skin_ink)
    for side in (-1, 1):
        mirrored = (side, 1)
        thigh = np.array([(0.02, 5.2), (1.0, 5.2), (0.72, 8.0), (0.6, 11.0), (0.18, 11.0)])
        canvas.fill(thigh * mirrored, leg, outline=leg_ink)
        if not trousers:
            sock = np.array([(0.1, 8.4), (0.72, 8.4), (0.6, 11.0), (0.18, 11.0)])
            canvas.fill(sock * mirrored, mix(look.clothes, INK, 0.35), outline=ink)
        shoe = np.array([(0.14, 10.8), (0.62, 10.8), (0.95, 11.5), (0.14, 11.5)])
        canvas.fill(shoe * mirrored, (96, 66, 58), outline=INK)
        arm = smooth(
            np.array([(1.2, 1.65), (1.7, 2.1), (1.95, 4.0), (1.8, 6.0), (1.4, 6.0), (1.3, 4.0)])
            * mirrored
        )
        canvas.fill(oval(side * 1.6, 6.1, 0.26, 0.34), look.skin, outline=skin_ink)
        canvas.fill(arm, look.clothes, outline=ink)
    half = [(0.9, 1.5), (1.35, 1.75), (1.2, 2.9), (0.95, 4.2), (1.2, 5.3)]
    torso = np.array([*half, *[(-x, y) for x, y in half[::-1]]])
    draw_neck(canvas, look)
    canvas.fill(torso, look.clothes, outline=ink)
    if not trousers:
        skirt = np.array([(-0.95, 4.2), (0.95, 4.2), (1.75, 6.6), (-1.75, 6.6)])
        canvas.fill(skirt, look.trim, outline=trim_ink)
        for x in (-0.6, 0.0, 0.6):
            canvas.stroke([(x * 0.8, 4.5), (x * 1.6, 6.5)], trim_ink)
    draw_collar(canvas, look)
