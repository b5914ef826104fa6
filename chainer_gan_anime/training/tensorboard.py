"""TensorBoard: the lines of the log as event files, which TensorBoard shows as curves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chainer import training

from chainer_gan_anime.algorithms.log_keys import LogKey
from crawler.shared.errors import UserError

FOLDER_NAME = "tensorboard"  # in the run's


class TensorBoard(training.Extension):
    """Writes each line of the log into ``tensorboard/``, to be seen while a run goes on.

    A run that goes on from a snapshot begins a file of its own, which hides what an earlier one
    says of later iterations.

    Args:
        keys: What the log may hold, by key.

    Raises:
        UserError: tensorboardX is not installed.
    """

    priority = training.extension.PRIORITY_READER - 1  # after LogReport

    def __init__(self, keys: Mapping[str, LogKey]):
        try:
            import tensorboardX
        except ImportError:
            raise UserError(
                "--tensorboard needs tensorboardX: install it by `pip install tensorboardX`, or "
                "leave the flag out."
            ) from None
        self._make_writer = tensorboardX.SummaryWriter
        self._writer = None
        self._keys = keys

    def __call__(self, trainer: training.Trainer) -> None:
        """Write the newest line."""
        entry = trainer.get_extension("LogReport").log[-1]
        iteration = entry["iteration"]
        if self._writer is None:
            folder = str(Path(trainer.out) / FOLDER_NAME)
            # The name has the time in seconds, and a run may be resumed within one.
            suffix = f".{iteration:08}"
            self._writer = self._make_writer(folder, purge_step=iteration, filename_suffix=suffix)
        for key in self._keys:
            if key in entry:
                self._writer.add_scalar(key, entry[key], iteration)
        self._writer.flush()

    def finalize(self) -> None:
        """Close the file."""
        if self._writer is not None:
            self._writer.close()
