"""Preview: a grid of samples from the same latents through the whole run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from chainer import training

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.figures.grid import make_grid, save_png
from chainer_gan_anime.runs.records import PREVIEW_FOLDER, PREVIEW_NAME


class Preview(training.Extension):
    """Writes ``preview/iter_<iteration>.png`` and the same under the fixed name ``preview.png``.

    Args:
        gen: The generator to draw with.
        rng: A stream of its own; the latents are drawn from it once, here.
        n_columns: The grid is n_columns x n_columns images.

    Attributes:
        drawn_at: The iteration at which it drew last; None before.
    """

    priority = training.extension.PRIORITY_WRITER

    def __init__(self, gen: Generator, rng: np.random.RandomState, n_columns: int = 10):
        self._gen = gen
        self._z = gen.make_hidden(n_columns**2, rng)
        self._n_columns = n_columns
        self.drawn_at: int | None = None

    def __call__(self, trainer: training.Trainer) -> None:
        """Draw and write the grid."""
        self.drawn_at = trainer.updater.iteration
        grid = make_grid(generate(self._gen, self._z), self._n_columns)
        folder = Path(trainer.out) / PREVIEW_FOLDER
        folder.mkdir(exist_ok=True)
        save_png(folder / f"iter_{self.drawn_at:08}.png", grid)
        save_png(Path(trainer.out) / PREVIEW_NAME, grid)
