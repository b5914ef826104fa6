"""What each lever is worth: python experiments/levers.py --dataset faces --algorithm sngan.

Trains a base and, from the same seeds, the base with one lever more, for equally many updates;
judges every run with the live generator and with its average; writes a table.  What is done
already is not done again.  The settings' flags of experiments/train.py (--ch, --iterations and
so on) are understood beside these, and hold for all runs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from chainer_gan_anime.algorithms.registry import ALGORITHMS
from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.evaluation.networks.features import DEFAULT, make_extractor
from chainer_gan_anime.flags import FlagParser, add_data_root_flag, add_gpu_flag, check_at_least
from chainer_gan_anime.studies.levers import (
    LEVERS,
    SCORES,
    cost_ratios,
    format_levers,
    lever_settings,
    run_folder,
    study_lever,
)
from chainer_gan_anime.studies.wanted import Wanted
from chainer_gan_anime.training.place import choose_device
from crawler.shared.errors import UserError, exits_cleanly
from crawler.shared.files import check_folder, replacing

TABLE_NAME = "levers_{}.md"


def parse(argv: list[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """Parse the command line; return its flags, and the rest, which are settings."""
    parser = FlagParser(
        description=__doc__,
    )
    parser.add_argument("--dataset", required=True, help="the set of faces")
    parser.add_argument("--algorithm", choices=tuple(ALGORITHMS), default="sngan")
    parser.add_argument("--only", nargs="+", default=list(LEVERS), metavar="LEVER")
    parser.add_argument("--seeds", type=int, default=2, help="trainings of each")
    parser.add_argument("--evaluate-n", type=int, default=800, help="images judged of each")
    parser.add_argument("--features", default=DEFAULT, help="as evaluate.py")
    parser.add_argument("--out", type=Path, default=Path("results/levers"), help="folder")
    parser.add_argument("--no-cost", action="store_true", help="do not measure an update's cost")
    add_data_root_flag(parser)
    add_gpu_flag(parser)
    arguments, flags = parser.parse_known_args(argv)
    unknown = sorted(set(arguments.only) - set(LEVERS))
    if unknown:
        raise UserError(f"--only {unknown[0]} is unknown: take some of {', '.join(LEVERS)}.")
    check_at_least(arguments, 1, "seeds")
    check_at_least(arguments, 2, "evaluate_n")
    check_folder(arguments.out)
    return arguments, flags


@exits_cleanly
def main(argv: list[str] | None = None) -> int | None:
    """Run the command."""
    arguments, flags = parse(argv)
    device, sentence = choose_device(arguments.gpu)
    print(sentence)

    def settings(lever: str, seed: int):
        return lever_settings(arguments.algorithm, lever, arguments.dataset, seed, flags)

    size = settings(arguments.only[0], 0).image_size
    faces = load_faces(arguments.dataset, size, arguments.data_root)
    extractor = make_extractor(arguments.features, str(device))
    seeds = range(arguments.seeds)
    wanted = Wanted(SCORES, arguments.evaluate_n, extractor, faces.digest)
    wanted.make_judge(faces.images)  # too few images are said before the first training
    for lever in arguments.only:
        for seed in seeds:
            folder = run_folder(arguments.out, arguments.algorithm, lever, seed)
            if not study_lever(settings(lever, seed), faces, folder, wanted, device):
                print("Stopped; the same command goes on from here.")
                return 130
    costs = None
    if not arguments.no_cost:
        all_settings = [settings(lever, 0) for lever in arguments.only]
        costs = dict(zip(arguments.only, cost_ratios(all_settings, faces, device)))
    table = format_levers(arguments.out, arguments.algorithm, arguments.only, seeds, wanted, costs)
    path = arguments.out / TABLE_NAME.format(arguments.algorithm)
    with replacing(path, "w") as file:
        file.write(table)
    print(f"{table}written to {path}")
    return None
