"""How far apart trainings of one kind lie, and which columns differ by more than that."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chainer_gan_anime.figures.curves import score_names
from chainer_gan_anime.figures.last_scores import last_score
from chainer_gan_anime.runs.finished import FinishedRun
from chainer_gan_anime.settings import Settings

NOTE = (
    "Each value is the mean over the trainings' seeds, ± half of their range; a training's own "
    "value is its mean over the evaluation's seeds.\n"
)
NOTE_OF_PAIRS = (
    "Two columns differ where the ranges of their seeds lie apart; where they overlap, another "
    "seed could turn the order, and that is called no difference. Compared are columns of one "
    "set or of one algorithm; between sets a score compares each set's own scale.\n"
)
NO_DIFFERENCE = "no difference"


def with_seeds(settings: Settings, count: int) -> list[Settings]:
    """Return settings of ``count`` trainings that differ in their seed alone, upwards from its."""
    return [dataclasses.replace(settings, seed=settings.seed + k) for k in range(count)]


def seed_folder(folder: Path, k: int) -> Path:
    """Return the folder of the k-th training; the first has the plain name."""
    return folder.with_name(f"{folder.name}_seed{k}") if k else folder


def compare(left: Sequence[float], right: Sequence[float]) -> str:
    """Return ``'lower'`` or ``'higher'``, as the left one is, or that there is no difference.

    Args:
        left: Values of trainings that differ in their seed.
        right: Values of others.
    """
    if max(left) < min(right):
        return "lower"
    return "higher" if min(left) > max(right) else NO_DIFFERENCE


def format_seed_tables(columns: Sequence[Sequence[FinishedRun]]) -> str:
    """Return two Markdown tables: the scores with their spread, and which columns differ.

    Args:
        columns: Of each column the runs that differ in their seed alone.
    """
    heads = [runs[0].name for runs in columns]
    pairs = [
        (i, j)
        for i, j in itertools.combinations(range(len(columns)), 2)
        if _comparable(columns[i][0], columns[j][0])
    ]
    values = [_row(" ", heads), "|---|" + "---:|" * len(heads)]
    verdicts = [
        _row(" ", [f"{heads[i]} against {heads[j]}" for i, j in pairs]),
        "|---|" + "---|" * len(pairs),
    ]
    for name in score_names([run for runs in columns for run in runs]):
        of_columns = [_values(runs, name) for runs in columns]
        values.append(_row(f"`{name}`", [_cell(found) for found in of_columns]))
        words = [
            compare(of_columns[i], of_columns[j]) if of_columns[i] and of_columns[j] else "-"
            for i, j in pairs
        ]
        verdicts.append(_row(f"`{name}`", words))
    return "\n".join([*values, "", NOTE, *verdicts, "", NOTE_OF_PAIRS])


def _comparable(left: FinishedRun, right: FinishedRun) -> bool:
    same_set = left.facts["data"]["sha256"] == right.facts["data"]["sha256"]
    return same_set or left.settings.algorithm == right.settings.algorithm


def _values(runs: Sequence[FinishedRun], name: str) -> list[float]:
    scores = [last_score(run, name) for run in runs]
    return [score.value for score in scores if score is not None]


def _row(first: str, cells: Sequence[str]) -> str:
    return f"| {' | '.join([first, *cells])} |"


def _cell(values: Sequence[float]) -> str:
    if not values:
        return "-"
    return f"{np.mean(values):.4g} ± {np.ptp(values) / 2:.1g} ({len(values)})"
