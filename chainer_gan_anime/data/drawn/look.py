"""What a drawn person looks like: colours, styles, pose, chosen at random from palettes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainer_gan_anime.data.drawn.canvas import Colour, mix

HAIR = (
    (246, 214, 122),  # blond
    (232, 178, 88),  # honey
    (196, 126, 74),  # light brown
    (140, 88, 60),  # brown
    (92, 62, 58),  # dark brown
    (62, 58, 78),  # black with a blue tinge
    (70, 60, 62),  # black
    (206, 214, 228),  # silver
    (248, 240, 226),  # white
    (248, 160, 186),  # pink
    (232, 108, 142),  # deep pink
    (206, 74, 66),  # red
    (240, 134, 72),  # orange
    (104, 156, 226),  # blue
    (82, 96, 176),  # navy
    (144, 208, 232),  # light blue
    (160, 126, 206),  # purple
    (204, 178, 232),  # lavender
    (104, 188, 134),  # green
    (96, 196, 190),  # teal
)
# What their wearer is called, colour by colour.
HAIR_NAMES = (
    *("blonde", "blonde", "brown", "brown", "brown", "black", "black", "silver", "white", "pink"),
    *("pink", "red", "orange", "blue", "blue", "aqua", "purple", "purple", "green", "aqua"),
)
IRIS = (
    (54, 112, 208),
    (66, 164, 222),
    (44, 160, 116),
    (96, 172, 62),
    (200, 60, 72),
    (214, 120, 44),
    (150, 92, 50),
    (138, 74, 190),
    (212, 84, 148),
    (216, 172, 46),
    (92, 92, 122),
)
IRIS_NAMES = (
    *("blue", "aqua", "green", "green", "red", "orange", "brown", "purple", "pink", "yellow"),
    "grey",
)
# Of eyes whose colour is the hair's, darkened.
IRIS_LIKE_HAIR = {"blonde": "yellow", "black": "grey", "silver": "grey", "white": "grey"}
SKIN = (
    (255, 232, 216),
    (254, 226, 204),
    (252, 218, 192),
    (246, 206, 176),
    (226, 178, 142),
    (186, 134, 102),
)
SKIN_SHARES = (0.3, 0.3, 0.2, 0.11, 0.06, 0.03)
CLOTHES = (
    (250, 250, 252),
    (50, 58, 96),
    (58, 56, 66),
    (196, 62, 70),
    (240, 172, 192),
    (120, 168, 220),
    (246, 216, 130),
    (126, 186, 132),
    (148, 112, 176),
    (206, 178, 146),
    (108, 116, 132),
)
GROUND = (
    (150, 200, 236),
    (236, 186, 204),
    (190, 222, 170),
    (244, 222, 160),
    (196, 180, 226),
    (96, 112, 160),
    (130, 94, 92),
    (84, 138, 128),
    (226, 140, 110),
    (58, 56, 84),
    (206, 206, 212),
)
WHITE = (255, 255, 255)
INK = (52, 36, 44)

FRINGES = ("straight", "ragged", "swept", "parted", "pointed")
BACKS = ("short", "bob", "medium", "long", "twin tails", "ponytail", "drills")
MOUTHS = ("smile", "flat", "open", "small", "cat", "frown")
COLLARS = ("sailor", "shirt", "round", "ribbon", "high")
ACCESSORIES = ("none", "bow", "clip", "band", "flower", "frill")


@dataclass
class Look:
    """One person. Lengths are in face units (half a face's width), angles in radians."""

    hair: Colour
    hair_name: str
    iris: Colour
    iris_name: str
    skin: Colour
    clothes: Colour
    trim: Colour
    fringe: str
    back: str
    mouth: str
    collar: str
    accessory: str
    side_locks: float  # lower end below the eyes; 0: none
    volume: float  # half-width of the hair's cap
    part: float  # x of the crown
    sweep: float  # sideways lean of the fringe
    wavy: bool
    messy: bool
    ahoge: bool
    animal_ears: bool
    glasses: bool
    eye_width: float
    eye_height: float
    eye_tilt: float  # positive: outer corners up
    eye_closed: tuple[bool, bool]
    gaze: float
    brow_tilt: float
    blush: float
    chin: float
    yaw: float
    pitch: float
    roll: float

    @property
    def hair_ink(self) -> Colour:
        """The outline's colour: the hair's, darkened."""
        return mix(self.hair, INK, 0.6)

    @property
    def lean(self) -> float:
        """How far the neck and shoulders shift sideways with the head's yaw."""
        return self.yaw * 0.2

    def turn(self, points, radius: float = 1.25) -> np.ndarray:
        """Points (n, 2) on the front of the head, moved by its yaw and pitch as on a cylinder."""
        points = np.array(points, dtype=np.float64)
        depth = np.sqrt(np.maximum(radius**2 - points[:, 0] ** 2, 0))
        points[:, 0] = points[:, 0] * np.cos(self.yaw) + depth * np.sin(self.yaw)
        points[:, 1] += self.pitch
        return points


def _pick(rng: np.random.RandomState, choices, shares=None):
    return choices[rng.choice(len(choices), p=shares)]


def _jitter(rng: np.random.RandomState, colour: Colour, spread: float = 10) -> Colour:
    moved = np.array(colour) + rng.normal(0, spread, 3)
    return tuple(int(c) for c in np.clip(np.rint(moved), 20, 255))


def random_look(rng: np.random.RandomState, frontal: bool = False) -> Look:
    """A person drawn by chance; ``frontal`` keeps the head almost straight."""
    calm = 0.4 if frontal else 1.0
    of_hair = rng.choice(len(HAIR))
    hair, hair_name = _jitter(rng, HAIR[of_hair]), HAIR_NAMES[of_hair]
    if rng.rand() < 0.15:
        iris, iris_name = mix(hair, INK, 0.25), IRIS_LIKE_HAIR.get(hair_name, hair_name)
    else:
        of_iris = rng.choice(len(IRIS))
        iris, iris_name = _jitter(rng, IRIS[of_iris]), IRIS_NAMES[of_iris]
    wink = rng.rand()
    closed = (True, True) if wink < 0.04 else (wink < 0.06, 0.06 <= wink < 0.08)
    back = _pick(rng, BACKS, (0.16, 0.2, 0.2, 0.22, 0.1, 0.07, 0.05))
    return Look(
        hair=hair,
        hair_name=hair_name,
        iris=iris,
        iris_name=iris_name,
        skin=_jitter(rng, _pick(rng, SKIN, SKIN_SHARES), 3),
        clothes=_jitter(rng, _pick(rng, CLOTHES)),
        trim=_jitter(rng, _pick(rng, CLOTHES[1:])),
        fringe=_pick(rng, FRINGES, (0.18, 0.28, 0.2, 0.14, 0.2)),
        back=back,
        mouth=_pick(rng, MOUTHS, (0.34, 0.17, 0.22, 0.17, 0.05, 0.05)),
        collar=_pick(rng, COLLARS),
        accessory=_pick(rng, ACCESSORIES, (0.56, 0.12, 0.12, 0.08, 0.07, 0.05)),
        side_locks=0.0 if rng.rand() < 0.2 else rng.uniform(0.6, 1.9),
        volume=rng.uniform(1.16, 1.3),
        part=rng.uniform(-0.35, 0.35),
        sweep=rng.uniform(-0.16, 0.16),
        wavy=rng.rand() < 0.35,
        messy=rng.rand() < 0.3,
        ahoge=rng.rand() < 0.22,
        animal_ears=rng.rand() < 0.07,
        glasses=rng.rand() < 0.06,
        eye_width=rng.uniform(0.27, 0.33),
        eye_height=rng.uniform(0.26, 0.35),
        eye_tilt=rng.normal(0.06, 0.1),
        eye_closed=closed,
        gaze=rng.normal(0, 0.03),
        brow_tilt=rng.normal(0, 0.12),
        blush=max(0.0, rng.uniform(-0.3, 0.5)),
        chin=rng.uniform(1.04, 1.16),
        yaw=float(np.clip(rng.normal(0, 0.15), -0.32, 0.32)) * calm,
        pitch=float(np.clip(rng.normal(0, 0.05), -0.1, 0.1)) * calm,
        roll=float(np.clip(rng.normal(0, 0.08), -0.2, 0.2)) * calm,
    )
