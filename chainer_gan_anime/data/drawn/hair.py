"""The hair: what hangs behind the head, the cap with its fringe, side locks, ornaments."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.data.drawn.canvas import Canvas, Colour, bend, mix, oval, smooth
from chainer_gan_anime.data.drawn.face import face_outline
from chainer_gan_anime.data.drawn.look import INK, WHITE, Look

_CROWN_Y = -1.5
_LENGTHS = {
    "short": 1.2,
    "bob": 1.15,
    "medium": 1.9,
    "long": 4.2,
    "twin tails": 1.1,
    "ponytail": 1.1,
    "drills": 1.1,
}


def draw_back(canvas: Canvas, look: Look, rng: np.random.RandomState) -> None:
    """Everything behind the neck and the face."""
    shade = mix(look.hair, INK, 0.25)
    length = _LENGTHS[look.back] * rng.uniform(0.92, 1.12)
    if look.back == "twin tails":
        for side in (-1, 1):
            _draw_tail(canvas, look, side, rng.uniform(1.9, 2.5), rng.uniform(1.4, 4))
    elif look.back == "ponytail":
        _draw_tail(canvas, look, 1 if look.part < 0 else -1, 2.0, 2.6)
    elif look.back == "drills":
        _draw_drills(canvas, look)
    wide = look.volume + rng.uniform(0.0, 0.22)
    flare = rng.uniform(-0.4, -0.1) if look.back == "short" else rng.uniform(-0.15, 0.3)
    # Wavy hair swings in and out on its way down, straight hair does not.
    wave = rng.uniform(0.06, 0.16) if look.wavy else 0.0
    down = np.linspace(0.1, 0.8, 2 + int(length)) * length
    swing = wave * np.where(np.arange(len(down)) % 2, -1, 1)
    half = [(0.75, -1.55), (wide, -0.8), *zip(wide + 0.06 + flare * down / length + swing, down)]
    tips = rng.randint(3, 6)
    end = wide + flare
    xs = np.linspace(end, -end, 2 * tips + 1)
    ys = length + np.where(np.arange(2 * tips + 1) % 2, 0.18, -0.12) * rng.uniform(0.6, 1.3)
    left = [(-x, y) for x, y in reversed(half)]
    points = np.array([(0, -1.8), *half, *zip(xs, ys), *left])
    points[:, 0] -= look.yaw * 0.3
    canvas.fill(smooth(points), shade, outline=look.hair_ink)
    for x in rng.uniform(-1.2, 1.2, 4):
        strand = bend((x * 0.9, 0.0), (x * 1.05, length * 0.5), (x, length * 0.95))
        canvas.stroke(strand, mix(look.hair, INK, 0.4), 0.025)


def _draw_tail(canvas: Canvas, look: Look, side: int, width: float, length: float) -> None:
    outer = bend((side * 1.0, -1.25), (side * width * 1.25, -1.1), (side * width, length))
    inner = bend((side * width, length), (side * 1.25, 0.3), (side * 1.05, -0.85))
    canvas.fill(np.concatenate([outer, inner]), mix(look.hair, INK, 0.1), look.hair_ink)
    middle = bend((side * 1.1, -1.0), (side * width * 1.05, -0.5), (side * width * 0.95, length))
    canvas.stroke(middle, look.hair_ink, 0.03)
    canvas.fill(oval(side * 1.12, -1.02, 0.16, 0.2), look.trim, mix(look.trim, INK, 0.5))


def _draw_drills(canvas: Canvas, look: Look) -> None:
    for side in (-1, 1):
        for step in range(5):
            wide = 0.42 - 0.055 * step
            roll = oval(side * (1.4 - 0.03 * step), -0.1 + 0.45 * step, wide, 0.3)
            canvas.fill(roll, look.hair, look.hair_ink)


def _fringe_edge(look: Look, x: np.ndarray) -> np.ndarray:
    """How far down the fringe hangs over x in -1.1 to 1.1, in face units."""
    if look.fringe == "straight":
        return np.full_like(x, -0.3)
    if look.fringe == "swept":
        return -0.42 + 0.3 * x * np.sign(look.sweep or 1) + 0.2 * x * x
    if look.fringe == "parted":
        return -1.0 + 0.95 * np.abs(x - look.part) ** 0.75
    return -0.35 + 0.3 * x * x


def fringe_locks(look: Look, rng: np.random.RandomState) -> list[np.ndarray]:
    """The fringe's locks, each a polygon (n, 2) from the crown to its tip and back."""
    depth = {"straight": 0.1, "parted": 0.25}.get(look.fringe, 0.38)
    count = rng.randint(7, 11) if look.fringe == "straight" else rng.randint(5, 8)
    edges = np.linspace(-1.12, 1.12, count + 1)
    edges[1:-1] += rng.uniform(-0.3, 0.3, count - 1) * (2.2 / count)
    notch_y = _fringe_edge(look, edges) - depth * rng.uniform(0.5, 1.2, count + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    tip_x = middle + look.sweep + rng.uniform(-0.05, 0.05, count)
    tip_y = _fringe_edge(look, middle) + depth * rng.uniform(0.3, 0.8, count)
    if look.fringe == "pointed":
        longest = int(np.argmin(np.abs(middle - look.part * 0.4)))
        tip_y[longest] = rng.uniform(0.1, 0.36)
    tip_y = np.maximum(tip_y, np.maximum(notch_y[1:], notch_y[:-1]) + 0.05)
    # The outermost locks run down the temples.
    notch_y[[0, -1]] = rng.uniform(-0.15, 0.15, 2)
    tip_y[[0, -1]] = notch_y[[0, -1]] + rng.uniform(0.15, 0.5, 2)
    notches, tips = np.stack([edges, notch_y], 1), np.stack([tip_x, tip_y], 1)
    return [
        look.turn(_lock((look.part, _CROWN_Y), left, tip, right))
        for left, tip, right in zip(notches, tips, notches[1:])
    ]


def _lock(crown, left, tip, right) -> np.ndarray:
    """A lock's polygon (28, 2): 7 points each from crown to left to tip to right to crown."""
    over_left, over_right = ((x * 1.12 + crown[0] * 0.2, -1.25) for x in (left[0], right[0]))
    return np.concatenate(
        [
            bend(crown, over_left, left),
            bend(left, (left[0], (left[1] + tip[1]) / 2), tip),
            bend(tip, (right[0], (right[1] + tip[1]) / 2), right),
            bend(right, over_right, crown),
        ]
    )


def _cap(look: Look) -> np.ndarray:
    """The hair's upper contour, from temple to temple over the top: (n, 2)."""
    angle = np.linspace(-0.12, np.pi + 0.12, 21)
    x = look.volume * np.cos(angle) - look.yaw * 0.15
    return np.stack([x, -0.42 - 1.36 * np.sin(angle)], axis=1)


def draw_fringe_shadow(canvas: Canvas, look: Look, locks: list[np.ndarray]) -> None:
    """The fringe's shadow on the forehead."""
    shadow = mix(look.skin, (190, 104, 104), 0.3)
    canvas.fill_within(face_outline(look), [lock + (0.03, 0.09) for lock in locks], shadow)


def draw_cap(canvas: Canvas, look: Look, locks, rng: np.random.RandomState) -> None:
    """The cap and the locks over it, from the outside in."""
    ink, light = look.hair_ink, mix(look.hair, WHITE, 0.42)
    lower = np.array([lock[13] for lock in locks]) - (0, 0.35)
    contour = _cap(look)
    if look.messy:
        stray = rng.uniform(0.0, 0.14, len(contour)) * (np.arange(len(contour)) % 2)
        contour = contour * (1 + stray)[:, None] + stray[:, None] * (0, 1.3)
    canvas.fill(np.concatenate([contour, lower]), look.hair, outline=ink)
    if look.side_locks:
        for side in (-1, 1):
            _draw_side_lock(canvas, look, side, look.side_locks * rng.uniform(0.9, 1.1))
    order = sorted(range(len(locks)), key=lambda i: -abs(i - (len(locks) - 1) / 2))
    shade = mix(look.hair, INK, 0.2)
    for i in order:
        left, right = locks[i][:14], locks[i][:13:-1]
        canvas.fill(locks[i], mix(look.hair, WHITE, 0.07 * (i % 2)), outline=ink, width=0.022)
        canvas.fill(np.concatenate([right, (left * 0.3 + right * 0.7)[::-1]]), shade)
    for lock in locks:
        _draw_shine(canvas, lock, light)
    if look.ahoge:
        _draw_ahoge(canvas, look)


def _draw_shine(canvas: Canvas, lock: np.ndarray, light: Colour) -> None:
    # Halfway from the crown: points 3 and 4 of the left edge, 24 and 23 of the right one.
    left, right = lock[3] * 0.3 + lock[4] * 0.7, lock[24] * 0.3 + lock[23] * 0.7
    tip = (lock[4] + lock[23]) / 2 + (0, 0.08)
    canvas.fill([left * 0.72 + right * 0.28, left * 0.28 + right * 0.72, tip], light)


def _draw_ahoge(canvas: Canvas, look: Look) -> None:
    """The single strand that stands up on top."""
    side = 1 if look.part > 0 else -1
    root, bow, tip = (0, -1.72), (side * 0.1, -2.22), (side * 0.55, -1.92)
    back, foot = (side * 0.3, -1.97), (side * 0.16, -1.67)
    strand = np.concatenate([bend(root, bow, tip), bend(tip, back, foot)])
    canvas.fill(strand, look.hair, outline=look.hair_ink)


def _draw_side_lock(canvas: Canvas, look: Look, side: int, length: float) -> None:
    top = np.array([side * (look.volume - 0.08) - look.yaw * 0.15, -0.75])
    tip = np.array([side * 0.92 + look.yaw * 0.2, length])
    outer = bend(top, (side * (look.volume + 0.12), length * 0.4), tip)
    inner = bend(tip, (side * 0.72 + look.yaw * 0.1, length * 0.45), (side * 0.86, -0.7))
    canvas.fill(np.concatenate([outer, inner]), look.hair)
    # Not closed at the top, where the lock grows out of the cap.
    canvas.stroke(np.concatenate([outer[1:], inner[:-1]]), look.hair_ink, 0.025)
    middle = (outer[1:6] + inner[::-1][1:6]) / 2
    canvas.stroke(middle, mix(look.hair, INK, 0.35), 0.025)


def draw_animal_ears(canvas: Canvas, look: Look) -> None:
    """A cat's ears, behind the cap."""
    for side in (-1, 1):
        ear = np.array([(0.3, -1.5), (0.95, -2.2), (1.15, -1.0)]) * (side, 1)
        canvas.fill(ear, look.hair, outline=look.hair_ink)
        canvas.fill(ear * 0.72 + ear.mean(axis=0) * 0.28, (246, 184, 184))


def draw_accessory(canvas: Canvas, look: Look) -> None:
    """A bow, clip, band, flower or frill in the hair."""
    side = 1 if look.part < 0 else -1
    ink = mix(look.trim, INK, 0.55)
    if look.accessory == "bow":
        for wing in (-1, 1):
            shape = np.array([(0, 0), (0.5, -0.3), (0.55, 0.25)]) * (wing, 1)
            canvas.fill(shape + (side * 0.85, -1.3), look.trim, outline=ink)
        canvas.fill(oval(side * 0.85, -1.3, 0.12, 0.12), look.trim, outline=ink)
    elif look.accessory == "clip":
        for row in (0, 0.17):
            bar = look.turn([(side * 0.62, -0.8 + row), (side * 0.95, -0.66 + row)])
            canvas.stroke(bar, look.trim, 0.09)
    elif look.accessory in ("band", "frill"):
        outer = _cap(look)[3:-3] * (1.0, 0.9)
        colour = WHITE if look.accessory == "frill" else look.trim
        if look.accessory == "frill":
            for x, y in outer[1:-1]:
                canvas.fill(oval(x, y, 0.17, 0.17), WHITE, outline=(176, 176, 196), width=0.025)
        canvas.stroke(outer, mix(colour, INK, 0.45), 0.19)
        canvas.stroke(outer, colour, 0.14)
    elif look.accessory == "flower":
        x, y = side * 0.82, -0.95
        for angle in np.arange(5) * (2 * np.pi / 5):
            petal = oval(x + 0.2 * np.cos(angle), y + 0.2 * np.sin(angle), 0.16, 0.16)
            canvas.fill(petal, look.trim, outline=ink, width=0.025)
        canvas.fill(oval(x, y, 0.1, 0.1), (250, 222, 110))
