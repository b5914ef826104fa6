"""Levers one at a time: what each changes at equally many updates, and what it costs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import chainer
import numpy as np

from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.evaluation.judge import judge_checkpoint
from chainer_gan_anime.flags import settings_for
from chainer_gan_anime.runs.checkpoints import Checkpoint
from chainer_gan_anime.runs.records import read_scores
from chainer_gan_anime.runs.snapshots import AVERAGE_STEM, LIVE_STEM
from chainer_gan_anime.settings import Settings
from chainer_gan_anime.studies.reproduction import train_rest
from chainer_gan_anime.studies.wanted import Wanted
from chainer_gan_anime.training.run import Run

# What is added to the base of all runs.
LEVERS: dict[str, tuple[str, ...]] = {
    "base": (),
    "decay": ("--lr-decay=0.5",),
    "hinge": ("--loss=hinge",),
    "translation": ("--augment=translation",),
    "augment": ("--augment=color,translation",),
    "faster_d": ("--adam-alpha-dis=6e-4",),
    "translation_faster_d": ("--augment=translation", "--adam-alpha-dis=6e-4"),
    "features": ("--feature-dis=efficientnet-lite1",),
    "flip": ("--flip",),
    "r1": ("--r1=1",),
    "lecam": ("--loss=hinge", "--lecam=0.3"),
    "together": ("--loss=hinge", "--flip", "--lr-decay=0.5"),
}
# The average changes no bit of the training: each run is judged with it and without.
BASE = ("--generator-average=0.999", "--snapshot-every=1000", "--preview-every=1000")
STEPS = {"sngan": ("--adam-alpha=2e-4",), "dragan": ("--scale-alpha",)}
DRAWN_WITH = {"live G": LIVE_STEM, "average": AVERAGE_STEM}
SCORES = (
    "kid",
    "kid_half",
    "whole_face_rate",
    "colour_noise",
    "checkerboard",
    "prdc",
    "feature_diversity",
)
COLUMNS = (
    "kid",
    "kid_half",
    "whole_face_rate",
    "colour_noise",
    "checkerboard",
    "coverage",
    "feature_diversity",
)
_ROUNDS, _UPDATES = 4, 4


def lever_settings(
    algorithm: str, lever: str, dataset: str, seed: int, flags: Sequence[str]
) -> Settings:
    """Return the settings of a run.

    Args:
        algorithm: What is trained.
        lever: A name in :data:`LEVERS`.
        dataset: On what.
        seed: Of the training.
        flags: Flags of ``experiments/train.py`` that hold for every run.
    """
    given = [*BASE, *STEPS.get(algorithm, ()), *flags, *LEVERS[lever], f"--seed={seed}"]
    return settings_for(algorithm, dataset, given)


def run_folder(out: Path, algorithm: str, lever: str, seed: int) -> Path:
    """Return the folder of a run."""
    return out / algorithm / f"{lever}_{seed}"


def checkpoints(folder: Path, iteration: int) -> dict[str, Checkpoint]:
    """Return what can be drawn with after a run's last iteration, by what it is."""
    return {
        word: Checkpoint(folder / f"{stem}{iteration}.npz", iteration)
        for word, stem in DRAWN_WITH.items()
    }


def study_lever(
    settings: Settings,
    faces: FaceImages,
    folder: Path,
    wanted: Wanted,
    device: chainer.backend.Device,
    report: Callable[[str], None] = print,
) -> bool:
    """Train one run to its end and judge it, live and averaged; return False if stopped.

    What is done already is not done again.

    Raises:
        UserError: What lies in the folder was trained with other settings or images.
    """
    report(f"{folder}")
    if not train_rest(settings, faces, folder, device, report):
        return False
    iteration = settings.count_iterations(len(faces.images))
    for checkpoint in checkpoints(folder, iteration).values():
        name = checkpoint.path.name
        lacking = wanted.lacking(x for x in read_scores(folder) if x.get("file") == name)
        if lacking:
            judge = wanted.make_judge(faces.images, lacking)
            judge_checkpoint(folder, checkpoint, judge, settings.dataset, faces, device)
    return True


def cost_ratios(
    all_settings: Sequence[Settings], faces: FaceImages, device: chainer.backend.Device
) -> list[float]:
    """Return what an update costs with each settings, as a share of the first's.

    Each in turn makes a few updates, some rounds over, and the sums of the processor's time are
    compared: what else the machine does hits all alike.  Together they are 16 updates, one of
    them with R1.  Each computes by the kernels that it trains by.
    """
    runs = [
        Run(settings, faces, Path("nowhere"), device, lambda sentence: None)
        for settings in all_settings
    ]
    seconds = np.zeros((_ROUNDS, len(runs)))
    for run in runs:
        _seconds(run, 1)
    for row in seconds:
        row[:] = [_seconds(run, _UPDATES) for run in runs]
    sums = seconds.sum(axis=0)
    return (sums / sums[0]).tolist()


def _seconds(run: Run, n_updates: int) -> float:
    """Return the processor's time that so many updates of a run take, as it trains."""
    with run.kernels(), run.configured():
        start = time.process_time()
        for _ in range(n_updates):
            run.updater.update()
        return time.process_time() - start


def lever_scores(
    out: Path, algorithm: str, lever: str, seeds: Sequence[int], word: str, wanted: Wanted
) -> dict[str, list[tuple[float, float | None]]]:
    """Return value and floor of each seed that was judged, by the value's name; the newest."""
    found: dict[str, list[tuple[float, float | None]]] = {}
    names = wanted.names
    for seed in seeds:
        newest = {}
        for line in wanted.among(read_scores(run_folder(out, algorithm, lever, seed))):
            # What was judged during training, of --evaluate-every, has no file.
            if (line.get("file") or "").startswith(DRAWN_WITH[word]):
                newest[names[line["score"]]] = line["value"], line["floor"]
        for name, pair in newest.items():
            found.setdefault(name, []).append(pair)
    return found


def format_levers(
    out: Path,
    algorithm: str,
    levers: Sequence[str],
    seeds: Sequence[int],
    wanted: Wanted,
    costs: dict[str, float] | None = None,
) -> str:
    """Return a Markdown table: a row for each lever, live and averaged.

    Args:
        out: Folder of the runs.
        algorithm: What was trained.
        levers: Names in :data:`LEVERS`; those that nobody judged are left out.
        seeds: Of the trainings.
        wanted: What they were judged by.
        costs: An update's cost by lever, as a share of the base's.
    """
    lines = [
        f"| {algorithm} | drawn with | seeds | {' | '.join(COLUMNS)} | cost |",
        "|---|---|---:|" + "---:|" * (len(COLUMNS) + 1),
    ]
    floors: dict[str, float] = {}
    for lever in levers:
        for word in DRAWN_WITH:
            scores = lever_scores(out, algorithm, lever, seeds, word, wanted)
            if not scores:
                continue
            floors = floors or {k: v[0][1] for k, v in scores.items() if v[0][1] is not None}
            cells = [_cell([value for value, _ in scores.get(name, [])]) for name in COLUMNS]
            cost = f"{costs[lever]:.2f}" if costs and lever in costs else "-"
            n_seeds = max(map(len, scores.values()))
            lines.append(f"| {lever} | {word} | {n_seeds} | {' | '.join(cells)} | {cost} |")
    real = [f"{floors[name]:.3g}" if name in floors else "-" for name in COLUMNS]
    lines.insert(2, f"| real images | - | - | {' | '.join(real)} | - |")
    return "\n".join(lines) + "\n"


def _cell(values: Sequence[float]) -> str:
    if not values:
        return "-"
    mean = f"{np.mean(values):.3g}"
    return mean if len(values) == 1 else f"{mean} ± {np.ptp(values) / 2:.1g}"
