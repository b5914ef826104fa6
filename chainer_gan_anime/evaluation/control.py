"""Tag control: how often a reader sees in drawn images the tags that were asked for."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from chainer_gan_anime.common.tags import Vocabulary


@dataclasses.dataclass(frozen=True)
class Control:
    """One group's score.

    Attributes:
        group: A group of tags, such as ``hair``, or a tag of its own, such as ``glasses``.
        n_classes: Tags of the group; 2 for a tag of its own: with and without.
        generated: Share of generated images in which the reader sees what was asked for.
        real: Share of real images in which the reader sees what they have.
        n: Generated images; each class was asked for equally often.
        real_n: Real images that count: those that have a tag of the group.
    """

    group: str
    n_classes: int
    generated: float
    real: float
    n: int
    real_n: int

    @property
    def ratio(self) -> float:
        """The generated share beside what the reader gets right at all."""
        return self.generated / self.real


def read_group(logits: np.ndarray, vocabulary: Vocabulary, group: str) -> np.ndarray:
    """Return which class of a group images show, int (N,), from the reader's logits (N, T).

    Of a group that is its likeliest tag; of a tag of its own 1 where it is likelier than not.
    """
    if group in vocabulary.groups:
        return logits[:, vocabulary.indices(vocabulary.groups[group])].argmax(1)
    return (logits[:, vocabulary.index(group)] > 0).astype(int)


def balanced_rate(seen: np.ndarray, expected: np.ndarray) -> float:
    """Return the share of right answers of each expected class, averaged over the classes."""
    right = seen == expected
    return float(np.mean([right[expected == c].mean() for c in np.unique(expected)]))


def measure_control(
    draw: Callable[[np.ndarray], np.ndarray],
    vocabulary: Vocabulary,
    read: Callable[[np.ndarray], np.ndarray],
    real: np.ndarray,
    real_tags: np.ndarray,
    groups: Sequence[str],
    n: int = 1200,
    seed: int = 0,
) -> list[Control]:
    """Measure how well images follow tags, each group's rate beside the reader's on real ones.

    Of each group every class is asked for equally often, the other tags as in the data; both
    rates are means over the classes, so that a common class cannot stand for all.

    Args:
        draw: Draws images, uint8 (B, 3, H, W), by tags, uint8 (B, T).
        vocabulary: The tags, of the generator and the reader both.
        read: The reader: images to logits (B, T).
        real: uint8 (N, 3, H, W), which the reader was not taught on.
        real_tags: uint8 (N, T), what they show.
        groups: Which groups, or tags of their own.
        n: Generated images of each group.
        seed: Of the other tags.
    """
    logits_real = read(real)
    results = []
    for group in groups:
        rng = np.random.RandomState([seed, len(results)])
        tags = vocabulary.draw_as_in_data(n, rng)
        if group in vocabulary.groups:
            places = vocabulary.indices(vocabulary.groups[group])
            asked = np.arange(n) % len(places)
            tags[:, places] = np.eye(len(places), dtype=np.uint8)[asked]
            has_one = real_tags[:, places].any(1)
            shown = real_tags[:, places].argmax(1)
        else:
            asked = np.arange(n) % 2
            tags[:, vocabulary.index(group)] = asked
            has_one = np.ones(len(real), bool)
            shown = real_tags[:, vocabulary.index(group)]
        if group == "eyes" and "closed_eyes" in vocabulary.names:
            tags[:, vocabulary.index("closed_eyes")] = 0  # which would hide the colour
        generated = balanced_rate(read_group(read(draw(tags)), vocabulary, group), asked)
        seen = read_group(logits_real, vocabulary, group)
        results.append(
            Control(
                group,
                len(vocabulary.groups.get(group, (0, 1))),
                generated,
                balanced_rate(seen[has_one], shown[has_one]),
                n,
                int(has_one.sum()),
            )
        )
    return results
