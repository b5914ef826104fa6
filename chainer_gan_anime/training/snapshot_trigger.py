"""SnapshotTrigger: when everything is saved, by epochs and by the clock."""

from __future__ import annotations

import time
from collections.abc import Callable

from chainer import training
from chainer.training.triggers import IntervalTrigger


class SnapshotTrigger(IntervalTrigger):
    """Fires at every ``period`` iterations, and once so much time has passed since it last did.

    An epoch takes seconds on a GPU and an hour on a slow core: a run that is killed should lose
    minutes on both.  The clock is no part of the run's state.

    Args:
        period: Iterations between two snapshots.
        minutes: Between two snapshots, at most; 0 leaves it to the iterations.
        now: The clock, in seconds.
    """

    def __init__(self, period: int, minutes: float, now: Callable[[], float] = time.monotonic):
        super().__init__(period, "iteration")
        self._limit_s = minutes * 60 or float("inf")
        self._now = now
        self._last_s = now()

    def __call__(self, trainer: training.Trainer) -> bool:
        """Return whether to save now."""
        due = super().__call__(trainer) or self._now() - self._last_s >= self._limit_s
        if due:
            self._last_s = self._now()
        return due
