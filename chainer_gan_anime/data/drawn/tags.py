"""The tags of drawn faces, which are exact: what a face looks like is drawn before it is."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.common.tags import Vocabulary
from chainer_gan_anime.data.drawn.look import (
    BACKS,
    HAIR_NAMES,
    IRIS_NAMES,
    Look,
    random_look,
)

_STYLES = {
    "short": "short_hair",
    "bob": "bob_cut",
    "medium": "medium_hair",
    "long": "long_hair",
    "twin tails": "twintails",
    "ponytail": "ponytail",
    "drills": "drill_hair",
}
_MOUTHS = {
    "smile": "smile",
    "open": "open_mouth",
    "flat": "closed_mouth",
    "small": "closed_mouth",
    "cat": "cat_mouth",
    "frown": "frown",
}
_ROSY = 0.2  # a blush of less can hardly be seen

GROUPS = {
    "hair": tuple(f"{name}_hair" for name in dict.fromkeys(HAIR_NAMES)),
    "eyes": tuple(f"{name}_eyes" for name in dict.fromkeys(IRIS_NAMES)),
    "style": tuple(_STYLES[back] for back in BACKS),
    "mouth": tuple(dict.fromkeys(_MOUTHS.values())),
}
SINGLES = ("glasses", "blush", "closed_eyes", "animal_ears")
NAMES = (*(name for group in GROUPS.values() for name in group), *SINGLES)


def tags_of(look: Look) -> list[str]:
    """Return a person's tags; eyes that are both closed have no colour."""
    tags = [f"{look.hair_name}_hair", _STYLES[look.back], _MOUTHS[look.mouth]]
    tags.append("closed_eyes" if all(look.eye_closed) else f"{look.iris_name}_eyes")
    singles = {
        "glasses": look.glasses,
        "blush": look.blush > _ROSY,
        "animal_ears": look.animal_ears,
    }
    return tags + [name for name, has_it in singles.items() if has_it]


def tag_faces(count: int, seed: int) -> tuple[np.ndarray, Vocabulary]:
    """Return the tags of :func:`draw_faces`'s faces, without drawing them.

    Args:
        count: Number of faces.
        seed: The faces' seed.

    Returns:
        uint8 (count, T), 1 where a face has the tag, and the tags' vocabulary.
    """
    exact = Vocabulary(NAMES, GROUPS, (0.0,) * len(NAMES))
    looks = [random_look(np.random.RandomState([seed, i])) for i in range(count)]
    tags = exact.encode([tags_of(look) for look in looks])
    return tags, Vocabulary(NAMES, GROUPS, tuple(tags.mean(0).tolist()))
