"""Draw figures of runs: anime-gan figures article RUN RUN --out DIR, or figures studio RUN."""

from __future__ import annotations

import argparse
from pathlib import Path

from chainer_gan_anime.figures.card import write_card
from chainer_gan_anime.figures.flags import (
    add_figure_flags,
    check_figure_flags,
    draw_from_flags,
)
from chainer_gan_anime.figures.steady import add_steady_flags, draw_steady_from_flags
from chainer_gan_anime.figures.studio.flags import add_studio_flags, write_from_flags
from chainer_gan_anime.figures.truncation import (
    add_truncation_flags,
    draw_truncation_from_flags,
)
from chainer_gan_anime.flags import FlagParser
from chainer_gan_anime.runs.finished import load_run
from crawler.shared.errors import exits_cleanly


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line; ``draw`` in it is the function that draws what is asked for."""
    parser = FlagParser(description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="FIGURES")
    article = commands.add_parser(
        "article",
        help="the article's figures, and the page of all of them",
        description="The article's figures, and the page of all of them, from finished runs.",
    )
    article.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder")
    add_figure_flags(article)
    article.set_defaults(draw=_draw_article)
    studio = commands.add_parser(
        "studio",
        help="a page in which generators draw by themselves",
        description="One HTML file in which trained generators draw: no network, no server.",
    )
    add_studio_flags(studio)
    studio.set_defaults(draw=write_from_flags)
    card = commands.add_parser(
        "card",
        help="a model card of a run",
        description="A model card (Markdown) in each run's folder: data, settings, scores.",
    )
    card.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder")
    card.add_argument(
        "--kind", metavar="TEXT", help="what the set holds, such as 'faces cut from illustrations'"
    )
    card.set_defaults(draw=_write_cards)
    truncation = commands.add_parser(
        "truncation",
        help="precision and recall over the threshold of generate's --truncation",
        description="What truncated latents cost and bring: precision and recall, as a figure.",
    )
    add_truncation_flags(truncation)
    truncation.set_defaults(draw=draw_truncation_from_flags)
    steady = commands.add_parser(
        "steady",
        help="what generate's --steady does",
        description="The same latents moved by generate's --steady and unmoved, as one picture.",
    )
    add_steady_flags(steady)
    steady.set_defaults(draw=draw_steady_from_flags)
    return parser.parse_args(argv)


def _draw_article(arguments: argparse.Namespace) -> None:
    check_figure_flags(arguments)
    draw_from_flags(arguments, arguments.runs)


def _write_cards(arguments: argparse.Namespace) -> None:
    for folder in arguments.runs:
        print(f"wrote {write_card(load_run(folder), arguments.kind)}")


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    arguments.draw(arguments)
