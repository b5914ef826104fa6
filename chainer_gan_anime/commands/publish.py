"""Hand runs' nets on: anime-gan publish RUN [RUN ...] --out results/best.

Of each run the last generator, live and averaged, and what it was trained against, in half
precision; its settings and scores; a card that says what it is, how good, and what it must not be
taken for.  No training picture.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from chainer_gan_anime.figures.card import write_card
from chainer_gan_anime.figures.flags import add_set_name_flag, read_set_names
from chainer_gan_anime.flags import FlagParser
from chainer_gan_anime.runs.finished import load_run, load_runs
from chainer_gan_anime.runs.published import publish_run
from crawler.shared.errors import exits_cleanly
from crawler.shared.files import check_folder


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = FlagParser(description=__doc__)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run's folder")
    parser.add_argument(
        "--out", type=Path, default=Path("results/published"), help="gets a folder for each run"
    )
    parser.add_argument(
        "--kind",
        metavar="TEXT",
        help="what the sets hold, such as 'faces cut from illustrations', for the cards",
    )
    add_set_name_flag(parser)
    arguments = parser.parse_args(argv)
    check_folder(arguments.out)
    return arguments


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    for run in load_runs(arguments.runs, read_set_names(arguments)):
        folder = publish_run(run, arguments.out)
        write_card(load_run(folder), arguments.kind)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"wrote {folder}, {size / 1e6:.1f} MB: anime-gan generate {folder} draws by it")
