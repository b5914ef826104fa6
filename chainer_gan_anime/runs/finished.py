"""FinishedRun: what the figures and the page read of a trained run's folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import chainer
import numpy as np

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.random_state import make_stream
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.common.tags import Vocabulary
from chainer_gan_anime.runs.checkpoints import Checkpoint, find_checkpoints
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.runs.records import load_settings, read_alarms, read_log, read_scores
from chainer_gan_anime.runs.snapshots import AVERAGE_STEM, LIVE_STEM
from chainer_gan_anime.settings import Settings
from crawler.shared.errors import UserError

ALGORITHM_NAMES = {"dcgan": "DCGAN", "dragan": "DRAGAN", "sngan": "SN-GAN"}


@dataclasses.dataclass(frozen=True)
class FinishedRun:
    """A run's settings, its records, and its generators.

    Attributes:
        path: The run's folder.
        settings: Its settings.
        facts: What settings.json says beside them.
        log: Entries of the log, the oldest first.
        scores: Lines of scores.jsonl that hold a value.
        alarms: Lines of alarms.jsonl, and of scores.jsonl those that are alarms.
        checkpoints: Its generators, the oldest first; never empty.
        set_name: What captions call its data set.
    """

    path: Path
    settings: Settings
    facts: dict[str, Any]
    log: list[dict]
    scores: list[dict]
    alarms: list[dict]
    checkpoints: list[Checkpoint]
    set_name: str

    @property
    def algorithm(self) -> str:
        """The algorithm as papers write it."""
        return ALGORITHM_NAMES.get(self.settings.algorithm, self.settings.algorithm)

    @property
    def name(self) -> str:
        """Algorithm and data set: what tells the runs of a page apart."""
        return f"{self.algorithm}, {self.set_name}"

    @property
    def file_name(self) -> str:
        """The name, as files carry it."""
        words = f"{self.settings.algorithm}_{self.set_name}".lower()
        return "".join(c if c.isalnum() or c in "_-" else "-" for c in words)

    @property
    def n_images(self) -> int:
        """Images of the data set."""
        return self.facts["data"]["images"]

    def epoch(self, iteration: int) -> float:
        """Return how many epochs an iteration ends."""
        return self.settings.to_epochs(iteration, self.n_images)

    def caption(self, checkpoint: Checkpoint | None = None) -> str:
        """Return epochs, images, preset and width, as a figure's caption says them."""
        checkpoint = checkpoint or self.checkpoints[-1]
        return (
            f"{self.epoch(checkpoint.iteration):.3g} epochs of {self.n_images:,} images, "
            f"preset {self.settings.preset}, {self.settings.ch} channels"
            + (", averaged generator" if _is_average(checkpoint) else "")
        )

    def load(self, checkpoint: Checkpoint | None = None) -> Generator:
        """Return the generator of a checkpoint, the last by default, on the CPU.

        Raises:
            UserError: It is damaged, or not of the net that the settings describe.
        """
        path = (checkpoint or self.checkpoints[-1]).path
        gen, _ = load_generator(path)
        if _shapes(gen) != _shapes(self._make_generator()):
            raise UserError(
                f"{path} is a generator of another net than settings.json beside it describes: "
                "give a run as experiments/train.py left it."
            )
        return gen

    def preview_latents(self, count: int) -> np.ndarray:
        """Return the first latents of the run's previews, (count, n_hidden, 1, 1)."""
        stream = make_stream(self.settings.seed, "preview")
        return self._make_generator().make_hidden(count, stream)

    @property
    def _vocabulary(self) -> Vocabulary | None:
        tags = self.facts["data"].get("tags")
        return None if tags is None else Vocabulary.from_dict(tags)

    def _make_generator(self) -> Generator:
        """Return a generator as the run began with."""
        return registry.make_generator(self.settings, self._vocabulary)

    def make_other_nets(self) -> dict[str, chainer.Chain]:
        """Return D and the algorithm's other nets by name, untrained."""
        dis = registry.make_discriminator(self.settings, self._vocabulary)
        return {"dis": dis, **registry.make_extra_models(self.settings)}

    def draw(self, checkpoint: Checkpoint, z: np.ndarray) -> np.ndarray:
        """Return a checkpoint's images of given latents, uint8 (N, 3, H, W)."""
        return generate(self.load(checkpoint), z)

    def thinned_checkpoints(self, at_most: int) -> list[Checkpoint]:
        """Return at most so many checkpoints, evenly spread; the last is among them."""
        return thinned(self.checkpoints, at_most)


def load_run(
    path: Path, set_names: dict[str, str] | None = None, live: bool = False
) -> FinishedRun:
    """Read a run's folder.

    Args:
        path: The folder that ``experiments/train.py`` wrote.
        set_names: What captions call data sets, by their names in settings.json.
        live: Take the generators that training left, and their scores, of a run that keeps
            averages of them, too.

    Raises:
        UserError: It is no run, holds no generator, or a record of it is damaged.
    """
    path = Path(path)
    if not path.is_dir():
        raise UserError(f"{path} is no folder: give the folder of a run, such as results/NAME.")
    settings, facts = load_settings(path)
    if settings.start_from:  # figures, cards and published folders name no path of a machine
        settings = dataclasses.replace(settings, start_from=Path(settings.start_from).name)
    checkpoints = [c for c in find_checkpoints(path, "all", live) if c.iteration is not None]
    stem = Path(settings.dataset).stem
    others = LIVE_STEM if _is_average(checkpoints[-1]) else AVERAGE_STEM
    lines = [line for line in read_scores(path) if not _is_of(line, others)]
    return FinishedRun(
        path=path,
        settings=settings,
        facts=facts,
        log=read_log(path),
        scores=[line for line in lines if "score" in line],
        alarms=read_alarms(path) + _alarms_of_scores(lines),
        checkpoints=checkpoints,
        set_name=(set_names or {}).get(stem, stem),
    )


def load_runs(
    paths: list[Path], set_names: dict[str, str] | None = None, live: bool = False
) -> list[FinishedRun]:
    """Read runs that go into one figure; those of one name get their folders' names beside.

    Raises:
        UserError: One cannot be read, one is given twice, or their images differ in size.
    """
    runs = [load_run(path, set_names, live) for path in paths]
    sizes = {run.settings.image_size: run.path for run in runs}
    if len(sizes) > 1:
        listed = ", ".join(f"{path} {size}x{size}" for size, path in sizes.items())
        raise UserError(
            f"the runs draw images of different sizes ({listed}): give runs of one size."
        )
    if len({run.path.resolve() for run in runs}) < len(runs):
        raise UserError("a run is given twice: give each of them once.")
    names = [run.name for run in runs]
    return [
        dataclasses.replace(run, set_name=f"{run.set_name} ({run.path.name})")
        if names.count(run.name) > 1
        else run
        for run in runs
    ]


def _is_of(line: dict, stem: str) -> bool:
    return (line.get("file") or "").startswith(stem)


def _is_average(checkpoint: Checkpoint) -> bool:
    return checkpoint.path.name.startswith(AVERAGE_STEM)


def thinned(items: list, at_most: int) -> list:
    """Return at most so many items, evenly spread from the last back to the first."""
    picks = np.linspace(len(items) - 1, 0, min(at_most, len(items))).round().astype(int)
    return [items[i] for i in np.unique(picks)]


def _alarms_of_scores(lines: list[dict]) -> list[dict]:
    """Return a judged generator's alarms as those of the game; of several seeds, the first's."""
    found = [line for line in lines if "alarm" in line and line["iteration"] is not None]
    seeds = {line["iteration"]: line["seed"] for line in reversed(found)}
    messages = {
        (line["iteration"], line["alarm"]): None
        for line in found
        if line["seed"] == seeds[line["iteration"]]
    }
    return [{"iteration": i, "alarm": "scores", "message": message} for i, message in messages]


def _shapes(gen: Generator) -> dict[str, tuple[int, ...]]:
    return {name: param.shape for name, param in gen.namedparams()}
