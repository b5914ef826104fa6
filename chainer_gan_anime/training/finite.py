"""FiniteGuard: stops a run whose losses or parameters are no numbers any more."""

from __future__ import annotations

from chainer import training

from chainer_gan_anime.runs.snapshots import list_snapshots
from crawler.shared.errors import UserError


class FiniteGuard(training.Extension):
    """Looks at the losses of every iteration, and at all parameters before a snapshot.

    On a device the losses are summed there and looked at every ``period`` iterations, because
    each look waits for the device.

    Args:
        models: The nets that snapshots hold.
        period: Iterations between looks.
    """

    priority = training.extension.PRIORITY_EDITOR

    def __init__(self, models, period: int):
        self._models = models
        self._period = period
        self._sum = 0.0

    def __call__(self, trainer: training.Trainer) -> None:
        """Add up this iteration's losses, and look when it is time."""
        for key, value in trainer.observation.items():
            if key.split("/")[-1].startswith("loss_"):
                self._sum = self._sum + getattr(value, "array", value)
        if trainer.updater.iteration % self._period == 0:
            if not _is_finite(self._sum):
                self._stop(trainer, "a loss is")
            self._sum = 0.0

    def check_parameters(self, trainer: training.Trainer) -> bool:
        """Return True, or stop the run: the condition of taking a snapshot."""
        for model in self._models:
            for name, param in model.namedparams():
                if param.array is not None and not _is_finite(param.array.sum()):
                    self._stop(trainer, f"{type(model).__name__}{name} is")
        return True

    def _stop(self, trainer: training.Trainer, what: str) -> None:
        last = next(iter(list_snapshots(trainer.out)), None)
        since = f", since at most {self._period} iterations" if self._period > 1 else ""
        raise UserError(
            f"{what} no number any more at iteration {trainer.updater.iteration}{since}; the "
            f"last good snapshot is {last or 'none'}: start anew with smaller steps "
            "(--adam-alpha) or another --loss."
        )


def _is_finite(value) -> bool:
    value = float(value)
    return value - value == 0
