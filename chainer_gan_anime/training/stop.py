"""When a run ends: at its length, or at the end of the iteration in which it is told to."""

from __future__ import annotations

import signal

from chainer import training

from chainer_gan_anime.common.workers import ALONE, Workers

# SIGUSR1 is what mpiexec passes on and what batch systems warn with (Windows has none).
SIGNALS = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGUSR1") if hasattr(signal, n)]


class StopTrigger:
    """Stop trigger of the trainer; while entered, Ctrl-C, SIGTERM and SIGUSR1 ask it to stop.

    The iteration under way is finished, so that a snapshot can be taken.  A second signal acts
    as it would without this.  A signal to one of several workers stops all.

    Args:
        n_iterations: Length of the run.
        workers: All of them have to ask the trigger at every iteration.

    Attributes:
        signal_name: Name of the signal that asked, or None.
    """

    def __init__(self, n_iterations: int, workers: Workers = ALONE):
        self.n_iterations = n_iterations
        self.signal_name: str | None = None
        self._workers = workers
        self._number = 0  # of the signal; 0 is none
        self._handlers = {}

    def __call__(self, trainer: training.Trainer) -> bool:
        """Return whether to stop."""
        if number := self._workers.highest(self._number):
            self.signal_name = signal.Signals(number).name
        return bool(number) or trainer.updater.iteration >= self.n_iterations

    def get_training_length(self) -> tuple[int, str]:
        """Return the length as Chainer's extensions ask for it."""
        return self.n_iterations, "iteration"

    def __enter__(self) -> StopTrigger:
        for number in SIGNALS:
            self._handlers[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *exception) -> None:
        self._restore()

    def _ask(self, number: int, frame) -> None:
        self._number = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}
