"""LossPlot: the curves of the log as a picture beside it."""

from __future__ import annotations

from pathlib import Path

from chainer import training

from chainer_gan_anime.figures.losses import plot_losses

FILE_NAME = "loss.png"


class LossPlot(training.Extension):
    """Draws ``loss.png`` from the whole log, so that a resumed run shows all of it.

    Chainer's PlotReport keeps its own data, and loses what came before a resume.
    """

    priority = training.extension.PRIORITY_READER - 1  # after LogReport

    def __call__(self, trainer: training.Trainer) -> None:
        """Draw the curves."""
        log = trainer.get_extension("LogReport").log
        if log:
            plot_losses(Path(trainer.out) / FILE_NAME, log)
