"""What truncation costs and brings: precision and recall over the threshold."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from tqdm import tqdm

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.sampling import draw_latents, generate
from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.evaluation.networks.feature_cache import cached_features
from chainer_gan_anime.evaluation.networks.features import (
    DEFAULT,
    Extractor,
    extract,
    make_extractor,
)
from chainer_gan_anime.evaluation.scores.prdc import NEIGHBOURS, precision_recall_density_coverage
from chainer_gan_anime.figures.curves import COLOURS
from chainer_gan_anime.flags import add_data_root_flag, add_seed_flag, check_at_least, check_seed
from chainer_gan_anime.runs.finished import load_run
from crawler.shared.errors import UserError
from crawler.shared.files import check_folder, make_folder, replacing

# Of each distribution of latents; the last cuts nothing, or nearly.
THRESHOLDS = {"uniform": (0.2, 0.4, 0.6, 0.8, 1.0), "normal": (0.25, 0.5, 1.0, 1.5, 2.0, 4.0)}


class TruncatedScores(NamedTuple):
    """Scores of images drawn at a threshold, as of :mod:`...evaluation.scores.prdc`."""

    threshold: float
    precision: float
    recall: float
    density: float
    coverage: float


def measure_truncation(
    gen: Generator,
    real: np.ndarray,
    extractor: Extractor,
    thresholds: Sequence[float],
    seed: int,
) -> list[TruncatedScores]:
    """Score images of the same latents, truncated at each threshold.

    Args:
        gen: The generator.
        real: uint8 (N, 3, H, W); as many images are drawn at each threshold.
        extractor: Feature network.
        thresholds: See :func:`chainer_gan_anime.common.truncation.truncate`.
        seed: Of the latents.
    """
    of_real = cached_features(real, extractor, "features of real images")
    scores = []
    for threshold in tqdm(thresholds, desc="thresholds", leave=False, disable=None):
        images = generate(gen, draw_latents(gen, len(real), seed, truncation=threshold))
        of_fake = extract(images, extractor, f"features at {threshold:g}")
        values = precision_recall_density_coverage(of_real, of_fake)
        scores.append(TruncatedScores(threshold, *values))
    return scores


def plot_truncation(path: str | os.PathLike, scores: Sequence[TruncatedScores], name: str) -> None:
    """Draw precision and recall over the threshold, and one against the other, as PNG."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    over, against = figure.subplots(1, 2)
    thresholds = [score.threshold for score in scores]
    for key, colour in zip(("precision", "recall"), COLOURS):
        values = [getattr(score, key) for score in scores]
        over.plot(thresholds, values, label=key, color=colour, marker="o", ms=4)
    over.set_xlabel("threshold T of --truncation")
    over.legend(frameon=False)
    recall, precision = ([getattr(s, key) for s in scores] for key in ("recall", "precision"))
    against.plot(recall, precision, color=COLOURS[2], marker="o", ms=4)
    for score in scores:
        against.annotate(
            f"{score.threshold:g}",
            (score.recall, score.precision),
            xytext=(5, 5),
            textcoords="offset points",
            fontsize=8,
        )
    against.set_xlabel("recall")
    against.set_ylabel("precision")
    against.set_xlim(-0.02, 1.1 * max(0.1, *recall))
    for axes in (over, against):
        axes.set_ylim(-0.02, 1.1 * max(0.1, *precision, *(recall if axes is over else ())))
    for axes in (over, against):
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(name, fontsize=10)
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=90)


def add_truncation_flags(parser: argparse.ArgumentParser) -> None:
    """Add the run, and what decides about the figure."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run's folder")
    parser.add_argument("--n", type=int, default=1000, help="images at each threshold")
    parser.add_argument("--features", default=DEFAULT, help="as evaluate takes it")
    parser.add_argument("--out", type=Path, help="folder of truncation.png (default: the run's)")
    add_seed_flag(parser)
    add_data_root_flag(parser)


def draw_truncation_from_flags(arguments: argparse.Namespace) -> None:
    """Measure a run's last generator, print the scores and draw the figure.

    Raises:
        UserError: A flag is out of range, or the run or its set cannot be read.
    """
    check_at_least(arguments, NEIGHBOURS + 1, "n")
    check_seed(arguments.seed)
    out = arguments.out or arguments.run
    check_folder(out)
    run = load_run(arguments.run)
    faces = load_faces(run.settings.dataset, run.settings.image_size, arguments.data_root)
    if len(faces.images) < arguments.n:
        raise UserError(
            f"{faces.source} holds {len(faces.images)} images: pass --n {len(faces.images)} or "
            "less, as each threshold's are compared with as many."
        )
    rows = np.random.RandomState(arguments.seed).permutation(len(faces.images))[: arguments.n]
    extractor = make_extractor(arguments.features, "@numpy")
    gen = run.load()
    thresholds = THRESHOLDS[gen.z_distribution]
    scores = measure_truncation(gen, faces.images[rows], extractor, thresholds, arguments.seed)
    print("T     precision  recall  density  coverage")
    for s in scores:
        print(
            f"{s.threshold:<4g}  {s.precision:9.3f}  {s.recall:6.3f}  {s.density:7.3f}  "
            f"{s.coverage:8.3f}"
        )
    make_folder(out)
    path = out / "truncation.png"
    plot_truncation(path, scores, f"{run.name}: {arguments.n} images at each threshold")
    print(f"wrote {path}")
