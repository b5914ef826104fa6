"""The answers' table: what each arm scored, the differences, and their spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chainer_gan_anime.evaluation.networks.features import Extractor
from chainer_gan_anime.studies.question import Question
from chainer_gan_anime.studies.study import newest_scores, run_folder
from chainer_gan_anime.studies.wanted import Wanted

HEADER = "| question | score | floor | arm | images | mean of seeds | difference | spread |"


def pooled_spread(values: Sequence[Sequence[float]]) -> float:
    """Return the standard error of a difference between two arms' means.

    From the deviations of seeds within all arms, taken together: with S seeds and A arms,
    sqrt(2 / S * sum of squares / (A * (S - 1))).

    Args:
        values: (A, S) scores.
    """
    values = np.asarray(values, np.float64)
    n_arms, n_seeds = values.shape
    if n_seeds < 2:
        return math.nan
    variance = values.var(axis=1, ddof=1).mean()
    return float(np.sqrt(2 / n_seeds * variance))


def format_answers(
    questions: Sequence[Question],
    seeds: Sequence[int],
    out: Path,
    n: int,
    extractor: Extractor | None,
) -> str:
    """Return a Markdown table of what :func:`~chainer_gan_anime.studies.study.study` found.

    Args:
        questions: Those whose arms were judged, with every seed.
        seeds: Of the trainings.
        out: Folder of the runs.
        n: Generated images that were judged of each.
        extractor: Feature network that they were judged through.
    """
    lines = [HEADER, "|---|---|---|---|---:|---:|---:|---:|"]
    for question in questions:
        wanted = Wanted(question.scores, n, extractor)
        of_runs = [
            [newest_scores(run_folder(out, question, arm, seed), wanted) for seed in seeds]
            for arm in question.arms
        ]
        for score, (_, floor) in of_runs[0][0].items():
            if score.startswith("kid_std"):  # a spread of its own kind, no score
                continue
            values = [[run[score][0] for run in runs] for runs in of_runs]
            means, spread = np.mean(values, axis=1), pooled_spread(values)
            for i, (arm, mean) in enumerate(zip(question.arms, means)):
                first = i == 0
                cells = [
                    question.name if first else "",
                    score if first else "",
                    ("-" if floor is None else f"{floor:.4g}") if first else "",
                    arm.name,
                    f"{len(arm.images):,}",
                    f"{mean:.4g}",
                    "" if first else f"{mean - means[0]:+.2g}",
                    "" if first else f"{spread:.2g}",
                ]
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
