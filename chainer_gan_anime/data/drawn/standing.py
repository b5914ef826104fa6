"""Drawn standing pictures with the box of their face, as sources publish them."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.data.drawn.body import draw_figure
from chainer_gan_anime.data.drawn.canvas import Canvas
from chainer_gan_anime.data.drawn.faces import draw_person, paint_ground
from chainer_gan_anime.data.drawn.look import random_look

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
