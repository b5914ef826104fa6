"""What trainings that differ in their seed alone draw: a row of grids for each run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainer_gan_anime.figures.grid import make_grid
from chainer_gan_anime.figures.plate import make_plate
from chainer_gan_anime.runs.finished import FinishedRun

SIDE = 5  # faces a row of a grid


def make_seed_plate(rows: Sequence[Sequence[FinishedRun]]) -> np.ndarray:
    """Lay out 25 faces of each training's last generator, drawn at random.

    Args:
        rows: Of each run its trainings, equally many.

    Returns:
        uint8 (height, width, 3).
    """
    runs = [run for row in rows for run in row]
    grids = [
        make_grid(run.draw(run.checkpoints[-1], run.preview_latents(SIDE**2)), SIDE)
        for run in runs
    ]
    captions = [f"seed {run.settings.seed}" for run in runs]
    return make_plate(grids, [run.name for run in runs], captions, n_columns=len(rows[0]))
