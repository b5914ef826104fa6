"""Drawn faces, framed like a detector's crops."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from tqdm import tqdm

from chainer_gan_anime.data.drawn import body, face, hair
from chainer_gan_anime.data.drawn.canvas import Canvas, mix
from chainer_gan_anime.data.drawn.look import GROUND, WHITE, Look, random_look


def draw_person(
    canvas: Canvas,
    look: Look,
    rng: np.random.RandomState,
    draw_body: Callable[[Canvas, Look], None],
) -> None:
    """Paint hair, body and head in their order; ``draw_body(canvas, look)`` paints the body."""
    hair.draw_back(canvas, look, rng)
    draw_body(canvas, look)
    face.draw_skin(canvas, look)
    locks = hair.fringe_locks(look, rng)
    hair.draw_fringe_shadow(canvas, look, locks)
    face.draw_features(canvas, look)
    if look.animal_ears:
        hair.draw_animal_ears(canvas, look)
    hair.draw_cap(canvas, look, locks, rng)
    face.draw_brows(canvas, look)
    if look.glasses:
        face.draw_glasses(canvas, look)
    hair.draw_accessory(canvas, look)


def paint_ground(canvas: Canvas, rng: np.random.RandomState, ground: str) -> None:
    """Cover the canvas with white or with a gradient between two colours."""
    if ground == "white":
        canvas.ground(WHITE, WHITE)
        return
    top, bottom = (GROUND[rng.randint(len(GROUND))] for _ in range(2))
    canvas.ground(top, mix(top, bottom, rng.uniform(0, 1)))


def draw_face(
    rng: np.random.RandomState, image_size: int = 64, ground: str | None = None
) -> np.ndarray:
    """A drawn face with its hair, framed like the crops of an anime face detector.

    Args:
        rng: the only source of chance.
        image_size: side of the picture in pixels.
        ground: "white", "coloured", or None for either with equal chance.

    Returns:
        uint8 array (image_size, image_size, 3), RGB.

    Raises:
        ValueError: for another ``ground``.
    """
    if ground not in ("white", "coloured", None):
        raise ValueError(f'ground is "white", "coloured" or None, not {ground!r}')
    look = random_look(rng)
    unit = image_size * rng.uniform(0.3, 0.345)
    x = image_size * (0.5 - look.yaw * 0.1 + rng.normal(0, 0.02))
    y = image_size * rng.normal(0.465, 0.02)
    canvas = Canvas(image_size, image_size, (x, y), unit, look.roll)
    paint_ground(canvas, rng, ground or ("white", "coloured")[rng.randint(2)])
    draw_person(canvas, look, rng, body.draw_shoulders)
    return canvas.shrink()[:, :, :3].copy()


def draw_faces(count: int, seed: int, image_size: int = 64) -> np.ndarray:
    """``count`` drawn faces, a data set to train on.

    Picture i depends on ``seed`` and i alone, so a larger set begins with the smaller one.
    The same seed gives the same bits in every run with one OpenCV, whatever the NumPy: the
    random stream is RandomState, which NumPy froze, shapes are filled in fixed point, and
    whole blocks of 4x4 are averaged. OpenCV changed which pixels an edge covers between 4.10
    and 4.12 (4.8 and 4.10 agree, 4.12 and 4.14 agree): across it edges differ a little.

    Args:
        count: number of faces.
        seed: 0 to 2**32 - 1.
        image_size: side of a picture in pixels.

    Returns:
        uint8 array (count, 3, image_size, image_size), RGB.
    """
    faces = np.empty((count, 3, image_size, image_size), np.uint8)
    for i in tqdm(range(count), desc="drawing faces", unit="face", disable=None):
        face = draw_face(np.random.RandomState([seed, i]), image_size)
        faces[i] = face.transpose(2, 0, 1)
    return faces
