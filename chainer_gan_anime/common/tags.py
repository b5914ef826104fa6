"""Vocabulary: the tags that images of a set may have, and how they are drawn."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from crawler.shared.errors import UserError

SINGLE_CHANCE = 0.25  # of a tag without a group while training, as published


@dataclasses.dataclass(frozen=True)
class Vocabulary:
    """The tags of a set of images, in their order; part of every generator that draws by them.

    Attributes:
        names: The tags, such as ``blonde_hair``.
        groups: Tags of which an image has at most one, by the group's name; the others stand
            for themselves.
        shares: Of the set's images that have each tag, 0 to 1.
    """

    names: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    shares: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def singles(self) -> list[str]:
        """The tags that belong to no group."""
        grouped = {name for group in self.groups.values() for name in group}
        return [name for name in self.names if name not in grouped]

    def index(self, name: str) -> int:
        """Return a tag's place.

        Raises:
            UserError: There is no such tag; the sentence names the nearest.
        """
        if name not in self.names:
            near = difflib.get_close_matches(name, self.names, 3, 0.5) or self.names
            raise UserError(
                f"the tag {name} is unknown to this run: take from its {len(self.names)} tags, "
                f"such as {', '.join(near[:5])}."
            )
        return self.names.index(name)

    def indices(self, names: Sequence[str]) -> list[int]:
        """Return several tags' places."""
        return [self.index(name) for name in names]

    def encode(self, tags: Sequence[Sequence[str]]) -> np.ndarray:
        """Return 1 where an image has a tag, uint8 (N, len(self)), from each image's tags.

        Raises:
            UserError: There is no such tag.
        """
        encoded = np.zeros((len(tags), len(self)), np.uint8)
        for row, names in zip(encoded, tags):
            row[self.indices(names)] = 1
        return encoded

    def draw_evenly(self, n: int, rng: np.random.RandomState) -> np.ndarray:
        """Draw tags for training, uint8 (n, len(self)): rare ones as often as others.

        One tag of each group, uniformly, and every other with a chance of 0.25.

        Source: Jin et al. 2017 (MakeGirlsMoe), section 4.2, as in the first author's code.
        """
        tags = np.zeros((n, len(self)), np.uint8)
        for group in self.groups.values():
            picked = np.asarray(self.indices(group))[rng.randint(0, len(group), n)]
            tags[np.arange(n), picked] = 1
        singles = self.indices(self.singles)
        tags[:, singles] = rng.uniform(size=(n, len(singles))) < SINGLE_CHANCE
        return tags

    def draw_as_in_data(
        self, n: int, rng: np.random.RandomState, asked: Sequence[str] = ()
    ) -> np.ndarray:
        """Draw tags as often as the set's images have them, uint8 (n, len(self)).

        Args:
            n: Images.
            rng: Stream; it moves by the same, whatever is asked for.
            asked: Tags that all images shall have; the rest of their groups is then off.

        Raises:
            UserError: An asked tag is unknown, or two are of one group.
        """
        shares = np.asarray(self.shares)
        tags = np.zeros((n, len(self)), np.uint8)
        for group in self.groups.values():
            places = np.asarray(self.indices(group))
            edges = np.cumsum(shares[places]) / max(1, shares[places].sum())
            picked = np.searchsorted(edges, rng.uniform(size=n), side="right")
            has_one = picked < len(group)  # some images have none of the group
            tags[np.flatnonzero(has_one), places[picked[has_one]]] = 1
        singles = self.indices(self.singles)
        tags[:, singles] = rng.uniform(size=(n, len(singles))) < shares[singles]
        self._set(tags, asked)
        return tags

    def _set(self, tags: np.ndarray, asked: Sequence[str]) -> None:
        for name, group in self.groups.items():
            of_group = [tag for tag in asked if tag in group]
            if len(of_group) > 1:
                raise UserError(
                    f"{' and '.join(of_group)} cannot both be asked for: an image has one "
                    f"{name} tag at most; leave one out."
                )
            if of_group:
                tags[:, self.indices(group)] = 0
        tags[:, self.indices(asked)] = 1

    def to_dict(self) -> dict[str, Any]:
        """Return what :meth:`from_dict` takes, to be written as JSON."""
        return {
            "names": list(self.names),
            "groups": {name: list(group) for name, group in self.groups.items()},
            "shares": [round(share, 6) for share in self.shares],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Vocabulary:
        """Return the vocabulary that :meth:`to_dict` gave."""
        groups = {name: tuple(group) for name, group in values["groups"].items()}
        return cls(tuple(values["names"]), groups, tuple(values["shares"]))


def to_signs(tags: np.ndarray) -> np.ndarray:
    """Return tags of 0 and 1 as the generator takes them: float32 of -1 and 1."""
    return 2 * tags.astype(np.float32) - 1


def join(z: np.ndarray, tags: np.ndarray) -> np.ndarray:
    """Return latents (B, n_hidden, 1, 1) followed by tags (B, T) as -1 and 1, float32."""
    return np.concatenate([z, to_signs(tags)[:, :, None, None]], axis=1)
