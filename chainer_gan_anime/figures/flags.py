"""Flags of the commands that draw the article's figures, and what they do together."""

from __future__ import annotations

import argparse
from pathlib import Path

from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.evaluation.networks.features import DEFAULT, Extractor, make_extractor
from chainer_gan_anime.figures.article import SHEET, draw_article
from chainer_gan_anime.flags import (
    add_data_root_flag,
    add_live_flag,
    add_seed_flag,
    check_seed,
)
from chainer_gan_anime.runs.finished import load_runs
from crawler.shared.errors import UserError
from crawler.shared.files import check_folder


def add_figure_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that decide what the figures show."""
    parser.add_argument("--out", type=Path, default=Path("results/figures"), help="folder")
    add_set_name_flag(parser)
    add_live_flag(parser)
    parser.add_argument(
        "--features",
        default=DEFAULT,
        help="feature network as evaluate.py takes it, or none",
    )
    parser.add_argument(
        "--best-of",
        type=int,
        default=1000,
        metavar="N",
        help="images that best and worst are picked from",
    )
    add_seed_flag(parser, "--figure-seed", "seed of the latents shown")
    parser.add_argument(
        "--no-training-pictures",
        dest="training_pictures",
        action="store_false",
        help="drawn faces where training faces would be: for a copy that is shared",
    )
    add_data_root_flag(parser)


def add_set_name_flag(parser: argparse.ArgumentParser) -> None:
    """Add the flag that :func:`read_set_names` reads."""
    parser.add_argument(
        "--set-name",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help="what captions call a data set, such as faces_white=getchu-like",
    )


def read_set_names(arguments: argparse.Namespace) -> dict[str, str]:
    """Return what captions call data sets, by name.

    Raises:
        UserError: A text is not ``NAME=TEXT``.
    """
    pairs = [text.partition("=") for text in arguments.set_name]
    for name, sign, meaning in pairs:
        if not name or not meaning:
            text = f"{name}{sign}{meaning}"
            raise UserError(f"--set-name {text} is incomplete: write it as NAME=TEXT.")
    return {name: meaning for name, _, meaning in pairs}


def check_figure_flags(arguments: argparse.Namespace) -> None:
    """Say what is wrong before anything is drawn.

    Raises:
        UserError: A flag is out of range.
    """
    if arguments.best_of < SHEET**2:
        raise UserError(
            f"--best-of {arguments.best_of} is too small: {SHEET**2} are shown, take more."
        )
    check_seed(arguments.figure_seed, "--figure-seed")
    check_folder(arguments.out)
    read_set_names(arguments)


def make_chosen_extractor(features: str, device: str = "@numpy") -> Extractor | None:
    """Return the feature network of ``--features``; None for none."""
    return None if features == "none" else make_extractor(features, device)


def draw_from_flags(arguments: argparse.Namespace, folders: list[Path]) -> Path:
    """Draw the figures of the runs in these folders; return the page's path.

    Raises:
        UserError: A run or its data set cannot be read.
    """
    runs = load_runs(folders, read_set_names(arguments), arguments.live)
    extractor = make_chosen_extractor(arguments.features)
    faces = []
    for run in runs:
        name, size = run.settings.dataset, run.settings.image_size
        faces.append(load_faces(name, size, arguments.data_root))
        if faces[-1].digest != run.facts["data"]["sha256"]:
            print(f"note: {faces[-1].source} is not as it was when {run.path} was trained on it.")
    return draw_article(
        runs,
        faces,
        out=arguments.out,
        extractor=extractor,
        n=arguments.best_of,
        seed=arguments.figure_seed,
        training_pictures=arguments.training_pictures,
    )
