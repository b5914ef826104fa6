"""One training run: settings and images in; snapshots, log, previews and models out."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chainer
import numpy as np
from chainer import training

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.random_state import make_stream
from chainer_gan_anime.common.workers import ALONE, Workers
from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.data.iterator import DeviceIterator
from chainer_gan_anime.kernels import cuda as device_kernels
from chainer_gan_anime.kernels import engines
from chainer_gan_anime.runs import npz
from chainer_gan_anime.runs.records import (
    LOCK_NAME,
    LOSS_PLOT_NAME,
    PREVIEW_NAME,
    load_settings,
    save_settings,
)
from chainer_gan_anime.runs.snapshots import find_whole_snapshot
from chainer_gan_anime.runs.starting_weights import load_starting_weights
from chainer_gan_anime.settings import Settings
from chainer_gan_anime.training import facts, folder
from chainer_gan_anime.training.engine import keep_engine
from chainer_gan_anime.training.finite import FiniteGuard
from chainer_gan_anime.training.observers import Observers
from chainer_gan_anime.training.place import apply_options
from chainer_gan_anime.training.step_decay import StepDecay
from chainer_gan_anime.training.stop import StopTrigger
from crawler.shared.errors import UserError
from crawler.shared.files import make_folder, remove_leftovers
from crawler.shared.locks import lock_folder


class Run:
    """A trainer with everything that a run writes, ready to start or to go on.

    Args:
        settings: The run's settings.
        faces: The loaded set.
        out: The run's folder.
        device: Where to train.
        report: Called with each sentence for the user.
        workers: Who else trains the same nets; only the first of them writes and reports.

    Raises:
        UserError: The nets do not fit the images, the images do not fill a batch, a batch
            cannot be shared out, or the device lacks what an option needs.
    """

    def __init__(
        self,
        settings: Settings,
        faces: FaceImages,
        out: Path,
        device: chainer.backend.Device,
        report: Callable[[str], None] = print,
        workers: Workers = ALONE,
    ):
        if len(faces.images) < settings.batch_size:
            raise UserError(
                f"{faces.source} holds {len(faces.images)} images, fewer than a batch of "
                f"{settings.batch_size}: add images or take a smaller --batch-size."
            )
        if settings.batch_size % workers.size:
            raise UserError(
                f"--batch-size {settings.batch_size} is shared by {workers.size} workers: take a "
                f"multiple of {workers.size}."
            )
        self.settings = settings
        self.faces = faces
        self.out = Path(out)
        self.device = device
        self.workers = workers
        self.report = report if workers.rank == 0 else _say_nothing
        self.engine = None  # on a CPU: what computes there
        if device.xp is np:
            self.engine = workers.once(lambda: engines.choose_engine(settings.cpu_engine))
        for sentence in apply_options(settings, device, self.engine):
            self.report(sentence)
        self.n_iterations = settings.count_iterations(len(faces.images))
        self.gen = registry.make_generator(settings, faces.vocabulary)
        self.dis = registry.make_discriminator(settings, faces.vocabulary)
        self.models = {"gen": self.gen, "dis": self.dis, **registry.make_extra_models(settings)}
        self.start = workers.once(self._load_start)
        if self.start:
            for model in self.models.values():
                workers.hand_out(model)
        self.iterator = DeviceIterator(
            faces.images,
            settings.batch_size,
            make_stream(settings.seed, "images"),
            settings.sampling,
            settings.flip,
            device,
            self.report,
            workers,
            faces.tags if registry.ALGORITHMS[settings.algorithm].tagged else None,
        )
        self.updater = registry.make_updater(
            settings, tuple(self.models.values()), self.iterator, device, workers
        )
        self.stop = StopTrigger(self.n_iterations, workers)
        self.trainer = training.Trainer(self.updater, self.stop, str(self.out))
        # Each look at a device's numbers waits for it.
        look_every = 1 if device.xp is np else settings.log_every
        self.guard = FiniteGuard(self.models.values(), look_every)
        self.trainer.extend(self.guard)
        if settings.lr_decay:
            optimizers = self.updater.get_all_optimizers().values()
            self.trainer.extend(StepDecay(optimizers, settings.lr_decay, self.n_iterations))
        if workers.rank == 0:
            self.observers = Observers(
                self.trainer, settings, faces.images, self.guard, self.models
            )

    def _load_start(self) -> dict[str, Any] | None:
        """Take the nets of ``--start-from``, unless a snapshot of this run will follow."""
        place = self.settings.start_from
        if place is None or find_whole_snapshot(self.out, _say_nothing):
            return None
        if Path(place).resolve() == self.out.resolve():
            raise UserError(
                f"--start-from {place} is also where this run would write: give another --out."
            )
        return load_starting_weights(
            Path(place), self.models, self.settings, self.faces.vocabulary
        )

    def describe(self) -> str:
        """Return the resolved settings and the run's length, one per line."""
        return facts.describe(self)

    def resume(self) -> bool:
        """Go on from the newest whole snapshot; return whether there was one.

        Raises:
            UserError: The settings or the images differ from those of the snapshot, or there
                is none and nets lie there that the run would be mixed with.
        """
        path = self.workers.once(lambda: find_whole_snapshot(self.out, self.report))
        if path is None:
            self.workers.once(lambda: folder.refuse_nets(self))
            self.report(f"No snapshot in {self.out}: starting from the beginning.")
            return False
        if self.workers.rank == 0:
            before, its_facts = load_settings(self.out)
            facts.compare(self, before, its_facts)
            self.start = its_facts.get("start")
            self._keep_engine(its_facts.get("versions", {}).get("cpu_engine", before.cpu_engine))
            npz.load(path, self.trainer)
        self.engine = self.workers.once(lambda: self.engine)
        self.workers.hand_out(self.updater)
        self.report(f"Going on from {path.name}.")
        return True

    def _keep_engine(self, before: str) -> None:
        """Compute by what the run was computed by, unless ``--cpu-engine`` says by what."""
        if self.engine is None or self.settings.cpu_engine != engines.AUTO:
            return
        self.engine, sentence = keep_engine(self.engine, before)
        if sentence:
            self.report(sentence)

    def refuse_overwriting(self) -> None:
        """Make sure that no earlier run's snapshots or nets lie in the run's folder.

        Raises:
            UserError: They do.
        """
        self.workers.once(lambda: folder.refuse_snapshots(self))
        self.workers.once(lambda: folder.refuse_nets(self))

    def train(self) -> bool:
        """Train to the end; return whether it was reached (False: stopped by a signal).

        The last iteration is always saved, whether the run ended or was told to stop.

        Raises:
            UserError: A loss is no number any more, a file cannot be written, or another process
                is training in the run's folder.
        """
        if self.workers.rank > 0:
            return self._train()
        make_folder(self.out)
        with contextlib.closing(lock_folder(self.out, LOCK_NAME, "training")):
            if n_removed := remove_leftovers(self.out):
                self.report(f"Removed {n_removed} half-written file(s) of a killed process.")
            save_settings(self.out, self.settings, facts.collect(self))
            return self._train()

    def _train(self) -> bool:
        start = self.updater.iteration
        with self.stop, self.kernels(), self.configured():
            try:
                self.trainer.run(show_loop_exception_msg=False)
                if self.updater.iteration > start and self.workers.rank == 0:
                    self.observers.finish(self.trainer)
            except BrokenPipeError:  # who read what this prints has gone, as `| head` does
                raise
            except OSError as error:
                raise folder.write_error(self, error) from None
        finished = self.updater.iteration >= self.n_iterations
        why = "Done" if finished else f"Stopped by {self.stop.signal_name}"
        self.report(
            f"{why} at iteration {self.updater.iteration}; samples in "
            f"{self.out / PREVIEW_NAME}, curves in {self.out / LOSS_PLOT_NAME}. "
            "The same command with --resume (and more --epochs) goes on."
        )
        return finished

    def kernels(self) -> contextlib.AbstractContextManager:
        """Return the context in which Chainer's functions compute by this project's kernels."""
        if self.engine is None:
            return device_kernels.fast_kernels(self.settings.cpu_engine != "chainer")
        return engines.ENGINES[self.engine].kernels(self.settings.dtype == "bfloat16")

    @contextlib.contextmanager
    def configured(self) -> Iterator[None]:
        """Set what Chainer looks up while it computes."""
        with (
            chainer.using_config("type_check", False),
            chainer.using_config("autotune", self.settings.autotune),
            chainer.using_config("cudnn_deterministic", self.settings.deterministic),
            warnings.catch_warnings(),
        ):
            # A gradient that overflows halves the loss scale and skips the step: no news.
            warnings.filterwarnings("ignore", "Non finite number found in param.grad")
            yield


def _say_nothing(sentence: str) -> None:
    """Stand in for the report of all workers but the first."""
