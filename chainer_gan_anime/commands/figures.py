"""Draw figures of finished runs: python experiments/figures.py article RUN RUN --out DIR."""

from __future__ import annotations

import argparse
from pathlib import Path

from chainer_gan_anime.figures.flags import (
    add_figure_flags,
    check_figure_flags,
    draw_from_flags,
)
from chainer_gan_anime.flags import FlagParser
from crawler.shared.errors import exits_cleanly


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = FlagParser(description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="FIGURES")
    article = commands.add_parser(
        "article",
        help="the article's figures, and the page of all of them",
        description="The article's figures, and the page of all of them, from finished runs.",
    )
    article.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder")
    add_figure_flags(article)
    return parser.parse_args(argv)


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    check_figure_flags(arguments)
    draw_from_flags(arguments, arguments.runs)
