"""Scores by name, and the images that they are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sample:
    """Images with the features that the chosen scores need.

    Attributes:
        images: (N, 3, H, W) uint8, RGB.
        features: (N, dim) float32, or None.
        borderless_features: (N, dim) float32 of the images with their border painted over, or
            None.
    """

    images: np.ndarray
    features: np.ndarray | None = None
    borderless_features: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: slice | np.ndarray) -> Sample:
        arrays = (self.images, self.features, self.borderless_features)
        return Sample(*(None if array is None else array[rows] for array in arrays))


# (reference, candidate, random) → the values in the order of the names
ScoreFunction = Callable[[Sample, Sample, np.random.RandomState], tuple[float, ...]]


@dataclass(frozen=True)
class Score:
    """A registered score.

    Attributes:
        function: Judges a candidate by a reference.  With generated images as the candidate it
            gives the value, with other real images the floor.
        names: Names of the values it returns.
        needs: Field of :class:`Sample` beside the images that it reads, or None.
        reference: ``'real'``: as many real images as there are candidates; the floor compares
            two halves of them.  ``'training'``: all training images; the floor compares
            held-out ones with them.
        min_n: The fewest candidates it can be computed from.
        prepare: Finds what the score needs beside features, before anything is computed; raises
            UserError if it cannot be had.
        alarm: Reads values and floors and returns a sentence if something is wrong, or None.
    """

    function: ScoreFunction
    names: tuple[str, ...]
    needs: str | None = None
    reference: str = "real"
    min_n: int = 2
    prepare: Callable[[], object] = tuple
    alarm: Callable[[tuple[float, ...], tuple[float, ...]], str | None] | None = None

    @property
    def name(self) -> str:
        """The name to choose the score by."""
        return self.function.__name__


SCORES: dict[str, Score] = {}


def register(*names: str, **options) -> Callable[[ScoreFunction], ScoreFunction]:
    """Register the decorated function as a score under its own name.

    Args:
        names: Names of the values the function returns, in their order.
        options: Further attributes of :class:`Score`.
    """

    def decorate(function: ScoreFunction) -> ScoreFunction:
        SCORES[function.__name__] = Score(function, names, **options)
        return function

    return decorate


def full_name(name: str, extractor: str | None, n: int) -> str:
    """Return the name under which a value is published: score, extractor and count.

    >>> full_name("kid", "efficientnet-lite0", 4000)
    'kid_efficientnet-lite0_4000'
    """
    return "_".join(str(part) for part in (name, extractor, n) if part is not None)
