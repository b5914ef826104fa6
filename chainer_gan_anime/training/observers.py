"""Observers: everything that watches a run and writes its files, and never changes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import chainer
import numpy as np
from chainer import training
from chainer.training import extensions

from chainer_gan_anime.algorithms.registry import list_log_keys
from chainer_gan_anime.common.random_state import make_stream
from chainer_gan_anime.common.standing import StandingGenerator
from chainer_gan_anime.runs.records import LOG_NAME
from chainer_gan_anime.runs.snapshots import (
    MODEL_NAME,
    SNAPSHOT_NAME,
    WholeFileWriter,
    list_snapshots,
)
from chainer_gan_anime.settings import Settings
from chainer_gan_anime.training.balance import N_WATCHED, Balance
from chainer_gan_anime.training.finite import FiniteGuard
from chainer_gan_anime.training.generator_average import GeneratorAverage
from chainer_gan_anime.training.loss_plot import LossPlot
from chainer_gan_anime.training.preview import Preview
from chainer_gan_anime.training.progress import Progress, Table
from chainer_gan_anime.training.snapshot_trigger import SnapshotTrigger
from chainer_gan_anime.training.summary import DeferredLogReport
from chainer_gan_anime.training.tensorboard import TensorBoard

# Keys of the log that the table on the terminal shows where the run reports them: what tells who
# is winning.
TABLE_PREFIXES = ("loss_", "accuracy_", "critic_", "measure")


class Observers:
    """Extends a trainer by log, curves, balance, scores, previews, snapshots and progress.

    Args:
        trainer: The trainer; its updater gives the nets.
        settings: What is to be watched, and how often.
        images: (N, 3, H, W) uint8, the images trained on.
        guard: Says whether the nets may be saved.
        models: The nets by the names of their files: gen, dis, and the algorithm's others.
    """

    def __init__(
        self,
        trainer: training.Trainer,
        settings: Settings,
        images: np.ndarray,
        guard: FiniteGuard,
        models: Mapping[str, chainer.Chain],
    ):
        gen = trainer.updater.gen

        def every(epochs: float) -> tuple[int, str]:
            return settings.to_iterations(epochs, len(images)), "iteration"

        log_trigger = settings.log_every, "iteration"
        shown_gen = gen
        models = dict(models)
        if settings.standing:
            shown_gen = StandingGenerator(gen, trainer.updater, settings.seed, settings.standing)
            models["gen"] = shown_gen
        if settings.generator_average:
            average = GeneratorAverage(gen, settings.generator_average)
            trainer.extend(average)
            shown_gen = StandingGenerator(average.average, trainer.updater, settings.seed)
            models["gen_average"] = shown_gen
        watched = gen.make_hidden(N_WATCHED, make_stream(settings.seed, "preview"))
        trainer.extend(Balance(trainer.updater, watched, settings.log_every))
        if settings.evaluate_every:
            # Imported where it is asked for: training alone needs no feature network.
            from chainer_gan_anime.training.scoring import Evaluate

            evaluate = Evaluate(shown_gen, images, seed=settings.seed, device=str(gen.device))
            trainer.extend(evaluate, trigger=every(settings.evaluate_every))
        trainer.extend(DeferredLogReport(trigger=log_trigger, filename=LOG_NAME))
        keys = list_log_keys(settings.algorithm)
        if settings.tensorboard:
            trainer.extend(TensorBoard(keys), trigger=log_trigger)
        columns = [key for key in keys if key.startswith(TABLE_PREFIXES)]
        trainer.extend(Table(["epoch", "iteration", *columns]), trigger=log_trigger)
        preview_trigger = every(settings.preview_every)
        self.loss_plot = LossPlot(keys)
        trainer.extend(self.loss_plot, trigger=preview_trigger)
        self.preview = Preview(shown_gen, make_stream(settings.seed, "preview"))
        trainer.extend(self.preview, trigger=preview_trigger)
        self._savers = _make_savers(trainer, models, guard, settings.keep_snapshots)
        period, unit = every(settings.snapshot_every)
        everything = SnapshotTrigger(period, settings.snapshot_minutes)
        for name, saver in self._savers.items():
            trigger = everything if name == "snapshot" else (period, unit)
            trainer.extend(saver, name=name, trigger=trigger)
        n_iterations = settings.count_iterations(len(images))
        progress = Progress(n_iterations, settings.batch_size * settings.n_dis)
        trainer.extend(progress, name="Progress")

    def finish(self, trainer: training.Trainer) -> None:
        """Save and draw the last iteration, unless that was just done."""
        newest = next(iter(list_snapshots(trainer.out)), None)
        nets = Path(trainer.out) / MODEL_NAME.format("gen").format(trainer)
        if newest is None or newest.name != SNAPSHOT_NAME.format(trainer) or not nets.exists():
            for saver in self._savers.values():
                saver(trainer)
        for picture in (self.preview, self.loss_plot):
            if picture.drawn_at != trainer.updater.iteration:
                picture(trainer)


def _make_savers(
    trainer: training.Trainer,
    models: dict[str, chainer.Chain | StandingGenerator],
    guard: FiniteGuard,
    n_retains: int,
) -> dict[str, training.Extension]:
    """Return by name the extensions that save each model, and then everything."""

    def may_save() -> bool:
        return guard.check_parameters(trainer)

    savers = {
        f"save_{name}": extensions.snapshot_object(
            model,
            MODEL_NAME.format(name),
            writer=WholeFileWriter(),
            condition=may_save,
        )
        for name, model in models.items()
    }
    savers["snapshot"] = extensions.snapshot(
        filename=SNAPSHOT_NAME,
        writer=WholeFileWriter(),
        condition=may_save,
        n_retains=n_retains,
    )
    return savers
