"""What ``generate --steady`` does: the same latents moved and unmoved, as one picture."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chainer_gan_anime.common.sampling import draw_latents, generate
from chainer_gan_anime.common.steadiness import check_share, find_steady_direction, move_to_steady
from chainer_gan_anime.figures.flags import add_set_name_flag, read_set_names
from chainer_gan_anime.figures.grid import make_grid, save_png
from chainer_gan_anime.figures.plate import make_plate
from chainer_gan_anime.flags import add_seed_flag, check_seed
from chainer_gan_anime.runs.finished import FinishedRun, load_runs
from crawler.shared.files import check_folder, make_folder

SHEET = 5
FILE_NAME = "steady.png"


def draw_steady(runs: Sequence[FinishedRun], share: float, seed: int = 0) -> np.ndarray:
    """Draw a column of each run: steady faces above, those of the same latents unmoved below.

    Args:
        runs: The runs.
        share: See :func:`chainer_gan_anime.common.steadiness.move_to_steady`.
        seed: Of the latents.

    Returns:
        The picture, uint8 (height, width, 3).
    """
    steady, plain = [], []
    for run in runs:
        gen = run.load()
        z = draw_latents(gen, SHEET**2, seed)
        moved = move_to_steady(gen, z, find_steady_direction(gen), share)
        steady.append(make_grid(generate(gen, moved), SHEET))
        plain.append(make_grid(generate(gen, z), SHEET))
    names = [run.name for run in runs]
    captions = [f"--steady {share:g}"] * len(runs) + ["the same latents, unmoved"] * len(runs)
    return make_plate([*steady, *plain], names * 2, captions, len(runs))


def add_steady_flags(parser: argparse.ArgumentParser) -> None:
    """Add the runs, and what decides about the picture."""
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder")
    parser.add_argument("--share", type=float, default=0.3, help="as of generate's --steady")
    parser.add_argument(
        "--out", type=Path, default=Path("results/figures"), help=f"folder of {FILE_NAME}"
    )
    add_set_name_flag(parser)
    add_seed_flag(parser)


def draw_steady_from_flags(arguments: argparse.Namespace) -> None:
    """Draw the picture of some runs and say where it is.

    Raises:
        UserError: A flag is out of range, or a run cannot be read.
    """
    check_share(arguments.share)
    check_seed(arguments.seed)
    check_folder(arguments.out)
    runs = load_runs(arguments.runs, read_set_names(arguments))
    picture = draw_steady(runs, arguments.share, arguments.seed)
    make_folder(arguments.out)
    save_png(arguments.out / FILE_NAME, picture)
    print(f"wrote {arguments.out / FILE_NAME}")
