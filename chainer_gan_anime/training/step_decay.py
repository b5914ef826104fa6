"""StepDecay: step sizes that fall to zero over the last part of a run."""

from __future__ import annotations

from collections.abc import Iterable

import chainer
from chainer import training


class StepDecay(training.Extension):
    """Sets Adam's step sizes before each update; they are a function of the iteration alone.

    So a resumed run goes on exactly, and a run whose length grows takes larger steps from then
    on than one that was to be so long from the start would have ended with.

    Args:
        optimizers: Whose ``alpha`` falls from its value of now.
        share: Of the run, over which it falls: 0.5 is the last half.
        n_iterations: The run's length.

    Source: the schedule of Miyato et al. 2018 (SN-GAN) and of mimicry's tables.
    """

    priority = training.extension.PRIORITY_EDITOR

    def __init__(self, optimizers: Iterable[chainer.Optimizer], share: float, n_iterations: int):
        self._optimizers = [(optimizer, optimizer.alpha) for optimizer in optimizers]
        self._share = share
        self._n_iterations = n_iterations

    def initialize(self, trainer: training.Trainer) -> None:
        """Set the step sizes of the first update, or of the first after a resume."""
        self(trainer)

    def __call__(self, trainer: training.Trainer) -> None:
        """Set the step sizes of the next update."""
        factor = decayed(trainer.updater.iteration, self._share, self._n_iterations)
        for optimizer, alpha in self._optimizers:
            optimizer.alpha = factor * alpha


def decayed(n_done: int, share: float, n_iterations: int) -> float:
    """Return the factor of the step after ``n_done`` of ``n_iterations`` updates.

    1 until the last ``share`` of them, then linearly towards 0, which would be the step after
    the last.
    """
    left = (n_iterations - n_done) / (share * n_iterations)
    return max(0.0, min(1.0, left))
