"""Scores by name, and what one of them gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sample:
    """Images with the features of one extractor.

    Attributes:
        images: (N, 3, H, W) uint8, RGB.
        features: (N, dim) float32.
        masked_features: (N, dim) float32, of the images with their border painted over.
    """

    images: np.ndarray
    features: np.ndarray
    masked_features: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows) -> Sample:
        return Sample(self.images[rows], self.features[rows], self.masked_features[rows])


# (real, fake, random) → the values in the order of the names
ScoreFunction = Callable[[Sample, Sample, np.random.RandomState], tuple[float, ...]]


@dataclass(frozen=True)
class Score:
    """A registered score.

    Attributes:
        function: Compares a fake sample with a real one.  Called with two halves of the real
            images it gives the floor.
        names: Names of the values it returns.
        uses_features: Whether the values depend on the extractor.
        min_n: The fewest images of each side it can be computed from.
    """

    function: ScoreFunction
    names: tuple[str, ...]
    uses_features: bool
    min_n: int


SCORES: dict[str, Score] = {}


def register(*names: str, uses_features: bool, min_n: int = 2) -> Callable:
    """Register the decorated function as the score ``names[0]``.

    Args:
        names: Names of the values the function returns, in their order.
        uses_features: See :class:`Score`.
        min_n: See :class:`Score`.
    """

    def decorate(function: ScoreFunction) -> ScoreFunction:
        SCORES[names[0]] = Score(function, names, uses_features, min_n)
        return function

    return decorate


def full_name(name: str, n: int, extractor: str | None) -> str:
    """Return the name under which a value is published: score, extractor and count.

    >>> full_name("kid", 4000, "efficientnet-lite0")
    'kid_efficientnet-lite0_4000'
    """
    return "_".join(str(part) for part in (name, extractor, n) if part is not None)
