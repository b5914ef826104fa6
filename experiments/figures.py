"""Draw figures of finished runs: python experiments/figures.py article RUN RUN --out DIR."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chainer_gan_anime.common.dataset import load_faces
from chainer_gan_anime.evaluation import features
from chainer_gan_anime.figures.article import SHEET, draw_article
from chainer_gan_anime.figures.finished import FinishedRun, load_runs
from crawler.errors import UserError, exits_cleanly


def add_figure_flags(parser: argparse.ArgumentParser) -> None:
    """Add what decides how the figures look; ``experiments/article.py`` takes the same."""
    parser.add_argument(
        "--out", type=Path, default=Path("results/article"), help="folder (%(default)s)"
    )
    parser.add_argument(
        "--set-name",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help="what captions call a data set, such as faces_white=getchu-like",
    )
    parser.add_argument(
        "--features", default=features.DEFAULT, help="as evaluate.py has it, or none (%(default)s)"
    )
    parser.add_argument(
        "--n", type=int, default=1000, help="images that the best are taken from (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the latents")
    parser.add_argument(
        "--no-training-pictures",
        dest="training_pictures",
        action="store_false",
        help="show drawn faces where training faces would be, for a copy that is shared",
    )


def check_figure_flags(arguments: argparse.Namespace) -> dict[str, str]:
    """Return the sets' names for captions.

    Raises:
        UserError: A flag is out of range.
    """
    if arguments.n < SHEET**2:
        raise UserError(f"--n {arguments.n} is too small: take at least {SHEET**2}.")
    if not 0 <= arguments.seed < 2**32:
        raise UserError(f"--seed {arguments.seed} is out of range: take one from 0 to 4294967295.")
    pairs = [text.partition("=") for text in arguments.set_name]
    for name, equals, text in pairs:
        if not (name and equals and text):
            raise UserError(f"--set-name {name} is incomplete: write it as NAME=TEXT.")
    return {name: text for name, _, text in pairs}


def draw(arguments: argparse.Namespace, runs: list[FinishedRun]) -> None:
    """Draw the figures of the runs."""
    extractor = None
    if arguments.features != "none":
        extractor = features.make_extractor(arguments.features)
    faces = []
    for run in runs:
        faces.append(
            load_faces(run.settings.dataset, run.settings.image_size, arguments.data_root)
        )
        if faces[-1].digest != run.facts["data"]["sha256"]:
            print(f"note: {faces[-1].source} is not as it was when {run.path} was trained on it.")
    draw_article(
        runs,
        faces,
        arguments.out,
        extractor,
        arguments.n,
        arguments.seed,
        arguments.training_pictures,
    )


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="FIGURES")
    article = commands.add_parser(
        "article",
        help="the article's figures and the page of all of them",
        description="The article's figures, and the page, from finished runs.",
    )
    article.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder")
    article.add_argument("--data-root", help="folder of named sets ($ANIME_DATA_ROOT or datasets)")
    add_figure_flags(article)
    return parser.parse_args(argv)


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    set_names = check_figure_flags(arguments)
    draw(arguments, load_runs(arguments.runs, set_names))


if __name__ == "__main__":
    sys.exit(main())
