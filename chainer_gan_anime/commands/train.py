"""Train a GAN: anime-gan train --algorithm sngan --dataset getchu.

Or as an earlier run was: anime-gan train --settings results/NAME/settings.json.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from chainer_gan_anime.algorithms.registry import ALGORITHMS
from chainer_gan_anime.common.workers import COMMUNICATORS, Workers, start_workers
from chainer_gan_anime.data.dataset import describe_unreadable, load_faces
from chainer_gan_anime.flags import (
    FlagParser,
    add_data_root_flag,
    add_gpu_flag,
    add_settings_flags,
    given_settings,
    settings_from,
)
from chainer_gan_anime.settings import Settings
from chainer_gan_anime.training.place import choose_device
from chainer_gan_anime.training.replay import replay
from chainer_gan_anime.training.run import Run
from crawler.shared.errors import exits_cleanly
from crawler.shared.files import check_folder


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = FlagParser(description=__doc__)
    add_settings_flags(parser, all_required=False)
    place = parser.add_argument_group("this command")
    place.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="train as a run's settings.json says; flags given beside override it",
    )
    place.add_argument(
        "--out", type=Path, help="the run's folder (default: results/ALGORITHM_DATASET)"
    )
    add_data_root_flag(place)
    add_gpu_flag(place)
    place.add_argument(
        "--communicator",
        choices=COMMUNICATORS,
        help="average with the other workers that mpiexec started, on CPUs or on GPUs",
    )
    place.add_argument("--resume", action="store_true", help="go on from the newest snapshot")
    place.add_argument("--dry-run", action="store_true", help="print the settings and stop")
    arguments = parser.parse_args(argv)
    required = [f"--{name}" for name in ("algorithm", "dataset") if name not in arguments]
    if required and arguments.settings is None:
        parser.error(f"the following arguments are required: {', '.join(required)}")
    return arguments


def choose_settings(arguments: argparse.Namespace) -> Settings:
    """Return what the flags say, over what the file of ``--settings`` does."""
    if arguments.settings is None:
        return settings_from(arguments)
    return replay(arguments.settings, given_settings(arguments))


def train(arguments: argparse.Namespace, workers: Workers) -> None:
    """Train as one of the workers."""
    settings = choose_settings(arguments)
    out = arguments.out or Path("results", f"{settings.algorithm}_{Path(settings.dataset).stem}")
    check_folder(out)
    device, sentence = choose_device(arguments.gpu, workers)
    if workers.rank == 0:
        print(sentence)
    faces = workers.once(
        lambda: load_faces(
            settings.dataset,
            settings.image_size,
            arguments.data_root,
            tagged=ALGORITHMS[settings.algorithm].tagged,
        )
    )
    run = Run(settings, faces, out, device, workers=workers)
    if not arguments.resume:
        run.refuse_overwriting()
    if faces.unreadable:
        left_out = describe_unreadable(faces.unreadable)
        run.report(f"Left out {len(left_out)} pictures: {', '.join(left_out)}.")
    run.report(run.describe())
    if arguments.resume:
        run.resume()
    if not arguments.dry_run:
        run.train()


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    with start_workers(arguments.communicator) as workers:
        train(arguments, workers)
