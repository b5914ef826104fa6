"""What the score tables show of a run: its last judged generator, over evaluation seeds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from chainer_gan_anime.figures.curves import own_scores, score_series
from chainer_gan_anime.runs.finished import FinishedRun


class LastScore(NamedTuple):
    """A score of a run's last judged generator.

    Attributes:
        value: Mean over evaluation seeds.
        spread: Half of their range.
        seeds: How many there were.
        floor: Mean of what real images score; None where no line has a floor.
    """

    value: float
    spread: float
    seeds: int
    floor: float | None


def last_score(run: FinishedRun, name: str) -> LastScore | None:
    """Return a score by its full name, or None where the run has none that is a number."""
    points = score_series(run, name)
    if not points or not np.isfinite(points[-1][1]):
        return None
    lines = [
        line
        for line in own_scores(run)
        if line["score"] == name and line.get("iteration") is not None
    ]
    last = max(line["iteration"] for line in lines)
    of_last = {line["seed"]: line for line in lines if line["iteration"] == last}
    floors = [line["floor"] for line in of_last.values() if line["floor"] is not None]
    _, value, spread = points[-1]
    return LastScore(value, spread, len(of_last), float(np.mean(floors)) if floors else None)
