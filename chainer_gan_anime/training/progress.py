"""Progress: the bar, images/s, and the table of losses above it."""

from __future__ import annotations

import datetime
import time

from chainer import training
from chainer.training import extensions
from tqdm import tqdm

WARM_UP_S = 10.0


class Progress(training.Extension):
    """A bar over the run's iterations with images/s and the time left; quiet off a terminal.

    Once, after a warm-up, it says in a line how long the run will take.

    Args:
        n_iterations: Length of the run.
        images_per_iteration: Real images that an iteration draws.
    """

    priority = training.extension.PRIORITY_READER

    def __init__(self, n_iterations: int, images_per_iteration: int):
        self._n_iterations = n_iterations
        self._images_per_iteration = images_per_iteration
        self._bar = None
        self._warm = None  # (time, iteration) at the end of the warm-up
        self._told = False

    def initialize(self, trainer: training.Trainer) -> None:
        """Show the bar."""
        self._start = time.monotonic()
        self._bar = tqdm(
            desc="training",
            total=self._n_iterations,
            initial=trainer.updater.iteration,
            unit="it",
            disable=None,
        )

    def __call__(self, trainer: training.Trainer) -> None:
        """Move the bar by one iteration."""
        now, iteration = time.monotonic(), trainer.updater.iteration
        rate = self._bar.format_dict["rate"]
        if rate:
            images_per_s = f"{rate * self._images_per_iteration:.0f}"
            self._bar.set_postfix({"images/s": images_per_s}, refresh=False)
        self._bar.update()
        if self._told:
            return
        if self._warm is None and now - self._start > WARM_UP_S / 2:
            self._warm = now, iteration
        elif self._warm is not None and now - self._start > WARM_UP_S:
            self._tell(now - self._warm[0], iteration - self._warm[1], iteration)

    def _tell(self, seconds: float, n_done: int, iteration: int) -> None:
        self._told = True
        left = datetime.timedelta(
            seconds=round(seconds / n_done * (self._n_iterations - iteration))
        )
        images_per_s = n_done * self._images_per_iteration / seconds
        tqdm.write(f"About {left} (h:mm:ss) to go, at {images_per_s:.0f} images/s.")

    def finalize(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()


class _AboveBar:
    """File that writes above the bar; takes out the terminal codes of Chainer's table."""

    def write(self, text: str) -> None:
        tqdm.write(text.replace("\033[J", ""), end="")

    def flush(self) -> None:
        pass


class Table(extensions.PrintReport):
    """Chainer's table of the log, above the bar; a resumed run goes on where it was.

    Args:
        entries: Keys of the log, in the columns' order; those that the run does not report have
            no column.
    """

    def __init__(self, entries: list[str]):
        super().__init__(entries, out=_AboveBar())

    def initialize(self, trainer: training.Trainer) -> None:
        """Take the lines of before as printed."""
        super().initialize(trainer)
        self._log_len = len(trainer.get_extension("LogReport").log)

    def __call__(self, trainer: training.Trainer) -> None:
        """Print the lines since the last time, the first under a head of what it holds."""
        new = trainer.get_extension("LogReport").log[self._log_len :]
        if self._header and new:
            n_printed = self._log_len
            super().__init__([key for key in self._entries if key in new[0]], out=self._out)
            self._log_len = n_printed  # which Chainer's constructor sets to 0
        super().__call__(trainer)
