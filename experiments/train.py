"""Train a GAN: python experiments/train.py --algorithm sngan --dataset getchu."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chainer_gan_anime.algorithms.registry import ALGORITHMS
from chainer_gan_anime.common.workers import COMMUNICATORS, Workers, start_workers
from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.flags import FlagParser, add_settings_flags, settings_from
from chainer_gan_anime.training.place import choose_device
from chainer_gan_anime.training.run import Run
from crawler.shared.errors import exits_cleanly


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = FlagParser(description=__doc__)
    add_settings_flags(parser)
    parser.add_argument("--data-root", help="folder of named sets ($ANIME_DATA_ROOT or datasets)")
    parser.add_argument("--out", type=Path, help="the run's folder (results/ALGORITHM_DATASET)")
    parser.add_argument(
        "--gpu", "-g", type=int, help="CUDA device; -1 is the CPU (0 if there is one)"
    )
    parser.add_argument(
        "--communicator",
        choices=COMMUNICATORS,
        help="average with the other workers that mpiexec started, on CPUs or on GPUs",
    )
    parser.add_argument("--resume", action="store_true", help="go on from the newest snapshot")
    parser.add_argument("--dry-run", action="store_true", help="print the settings and stop")
    return parser.parse_args(argv)


def train(arguments: argparse.Namespace, workers: Workers) -> None:
    """Train as one of the workers."""
    settings = settings_from(arguments)
    device, sentence = choose_device(arguments.gpu, workers)
    if workers.rank == 0:
        print(sentence)
    tagged = ALGORITHMS[settings.algorithm].tagged
    faces = workers.once(
        lambda: load_faces(
            settings.dataset, settings.image_size, arguments.data_root, tagged=tagged
        )
    )
    name = f"{settings.algorithm}_{Path(settings.dataset).stem}"
    out = arguments.out or Path("results", name)
    run = Run(settings, faces, out, device, workers=workers)
    if faces.unreadable:
        run.report(f"Left out {len(faces.unreadable)} pictures: {', '.join(faces.unreadable)}.")
    run.report(run.describe())
    if arguments.resume:
        run.resume()
    else:
        run.refuse_overwriting()
    if not arguments.dry_run:
        run.train()


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    with start_workers(arguments.communicator) as workers:
        train(arguments, workers)


if __name__ == "__main__":
    sys.exit(main())
