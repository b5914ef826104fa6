"""LossPlot: the curves of the log as a picture beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chainer import training

from chainer_gan_anime.algorithms.log_keys import LogKey
from chainer_gan_anime.figures.losses import plot_losses
from chainer_gan_anime.runs.records import LOSS_PLOT_NAME


class LossPlot(training.Extension):
    """Draws ``loss.png`` from the whole log, so that a resumed run shows all of it.

    Chainer's PlotReport keeps its own data, and loses what came before a resume.

    Args:
        keys: What the log may hold, by key.

    Attributes:
        drawn_at: The iteration at which it drew last; None before.
    """

    priority = training.extension.PRIORITY_READER - 1  # after LogReport

    def __init__(self, keys: Mapping[str, LogKey]):
        self._keys = keys
        self.drawn_at: int | None = None

    def __call__(self, trainer: training.Trainer) -> None:
        """Draw the curves."""
        self.drawn_at = trainer.updater.iteration
        log = trainer.get_extension("LogReport").log
        if log:
            plot_losses(Path(trainer.out) / LOSS_PLOT_NAME, log, self._keys)
