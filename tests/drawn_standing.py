"""Drawn standing pictures with the box of their face, as sources publish them."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.data.drawn.body import draw_collar, draw_neck
from chainer_gan_anime.data.drawn.canvas import Canvas, mix, oval, smooth
from chainer_gan_anime.data.drawn.faces import draw_person, paint_ground
from chainer_gan_anime.data.drawn.look import INK, Look, random_look

_FIGURE_UNITS = 14.5  # from the hair's top to the soles, margins included
# What lbpcascade_animeface frames on these drawings, in face units around the face's origin.
_BOX_LEFT, _BOX_TOP, _BOX_SIDE = -1.37, -1.03, 2.74


def draw_standing_picture(
    rng: np.random.RandomState, height_px: int = 600, ground: str = "transparent"
) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """A whole standing figure and its face's box.

    Args:
        rng: the only source of chance.
        height_px: the picture's height in pixels; its width is half of it.
        ground: "transparent", "white" or "coloured".

    Returns:
        The picture, uint8 (height_px, height_px // 2, 4) RGBA for a transparent ground (colours
        not premultiplied), else (height_px, height_px // 2, 3) RGB; and the face's box
        (x, y, width, height) in pixels, square, as a face detector gives it.

    Raises:
        ValueError: for another ``ground``.
    """
    if ground not in ("transparent", "white", "coloured"):
        raise ValueError(f'ground is "transparent", "white" or "coloured", not {ground!r}')
    look = random_look(rng, frontal=True)
    unit = height_px / _FIGURE_UNITS * rng.uniform(0.92, 1.0)
    width_px = height_px // 2
    x, y = width_px * rng.uniform(0.42, 0.58), unit * rng.uniform(2.35, 2.6)
    canvas = Canvas(height_px, width_px, (x, y), unit, look.roll, oversampling=3)
    if ground != "transparent":
        paint_ground(canvas, rng, ground)
    draw_person(canvas, look, rng, draw_figure)
    picture = canvas.shrink()
    left = x + (_BOX_LEFT + look.yaw * 0.5) * unit
    box = tuple(round(v) for v in (left, y + _BOX_TOP * unit, _BOX_SIDE * unit, _BOX_SIDE * unit))
    return (picture if ground == "transparent" else picture[:, :, :3].copy()), box


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
