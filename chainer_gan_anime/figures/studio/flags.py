"""The flags of the command that writes the studio, and what it does."""

from __future__ import annotations

import argparse
from pathlib import Path

from chainer_gan_anime.figures.studio.of_runs import make_studio
from chainer_gan_anime.figures.studio.pack import PRECISIONS


def add_studio_flags(parser: argparse.ArgumentParser) -> None:
    """Add the runs, and what decides about the file."""
    parser.add_argument(
        "runs",
        type=Path,
        nargs="+",
        metavar="RUN",
        help="a run's folder, a generator's npz, or demo",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("studio.html"), help="the file (%(default)s)"
    )
    parser.add_argument(
        "--weights",
        choices=PRECISIONS,
        default="int8",
        help="how the file holds them: int8 is a quarter of float32, which is exact (%(default)s)",
    )


def write_from_flags(arguments: argparse.Namespace) -> None:
    """Write the studio and say where it is.

    Raises:
        UserError: There is no generator, no folder to write to, or the weights are too many.
    """
    size = make_studio(arguments.runs, arguments.out, arguments.weights)
    print(f"Wrote {arguments.out} ({size / 2**20:.1f} MB): open it in a browser.")
