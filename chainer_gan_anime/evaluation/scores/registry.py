"""Scores by name, and the images that they are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Sample:
    """Images with the features that the chosen scores need.

    Attributes:
        images: (N, 3, H, W) uint8, RGB.
        features: (N, dim) float32, or None.
        borderless_features: (N, dim) float32 of the images with their border painted over, or
            None.
        half_features: (N, dim) float32 of the images at half their size, or None.
    """

    images: np.ndarray
    features: np.ndarray | None = None
    borderless_features: np.ndarray | None = None
    half_features: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: slice | np.ndarray) -> Sample:
        arrays = (getattr(self, field.name) for field in fields(self))
        return Sample(*(None if array is None else array[rows] for array in arrays))


class Value(NamedTuple):
    """What a reader is told of one value of a score.

    Attributes:
        name: As it is published, without extractor and count.
        label: What tables call it.
        better: ``'low'``, ``'high'``, or None: as real images have it.
        note: Why it is looked at, in a line.
    """

    name: str
    label: str
    better: str | None
    note: str


# (reference, candidate, random) → the values in the order of their names; None for one that
# means nothing for these counts, of which no result is made
ScoreFunction = Callable[[Sample, Sample, np.random.RandomState], "tuple[float | None, ...]"]


@dataclass(frozen=True)
class Score:
    """A registered score.

    Attributes:
        function: Judges a candidate by a reference.  With generated images as the candidate it
            gives the value, with other real images the floor.
        values: What it returns, in this order.
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
    values: tuple[Value, ...]
    needs: str | None = None
    reference: str = "real"
    min_n: int = 2
    prepare: Callable[[], object] = tuple
    alarm: Callable[[tuple[float, ...], tuple[float, ...]], str | None] | None = None

    @property
    def name(self) -> str:
        """The name to choose the score by."""
        return self.function.__name__

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its values."""
        return tuple(value.name for value in self.values)


SCORES: dict[str, Score] = {}
VALUES: dict[str, Value] = {}  # of all scores, by name


def register(*values: Value, **options) -> Callable[[ScoreFunction], ScoreFunction]:
    """Register the decorated function as a score under its own name.

    Args:
        values: What the function returns, in this order.
        options: Further attributes of :class:`Score`.
    """

    def decorate(function: ScoreFunction) -> ScoreFunction:
        SCORES[function.__name__] = Score(function, values, **options)
        VALUES.update((value.name, value) for value in values)
        return function

    return decorate


def describe(full: str, extractor: str | None, n: int) -> Value:
    """Return what a reader is told of a published value, by its full name.

    A value that no score has any more is called by its name.
    """
    name = full.removesuffix(f"_{n}").removesuffix(f"_{extractor}")
    words = name.replace("_", " ")
    return VALUES.get(name, Value(name, words[:1].upper() + words[1:], None, ""))


def full_name(name: str, extractor: str | None, n: int) -> str:
    """Return the name under which a value is published: score, extractor and count.

    >>> full_name("kid", "efficientnet-lite0", 4000)
    'kid_efficientnet-lite0_4000'
    """
    return "_".join(str(part) for part in (name, extractor, n) if part is not None)
