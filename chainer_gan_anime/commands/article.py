"""Make the article again: python experiments/article.py --dataset-a getchu --dataset-b safebooru.

Trains DRAGAN and SN-GAN on two sets, judges the four generators, and draws the article's
figures and a page of them.  What is done already is not done again, so that the same command
goes on after an interruption.  The settings' flags of experiments/train.py (--ch, --epochs,
--preset and so on) are understood beside these, and hold for all four runs.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.evaluation.scores.registry import SCORES
from chainer_gan_anime.figures.flags import (
    add_figure_flags,
    check_figure_flags,
    draw_from_flags,
    make_chosen_extractor,
    read_set_names,
)
from chainer_gan_anime.figures.grid import save_png
from chainer_gan_anime.figures.seed_plate import make_seed_plate
from chainer_gan_anime.flags import FlagParser, add_gpu_flag, check_at_least, settings_for
from chainer_gan_anime.runs.finished import load_run
from chainer_gan_anime.studies import reproduction
from chainer_gan_anime.studies.training_seeds import (
    format_seed_tables,
    seed_folder,
    with_seeds,
)
from chainer_gan_anime.training.place import choose_device
from crawler.shared.errors import UserError, exits_cleanly
from crawler.shared.files import check_folder, replacing

SEEDS_NAME, SEED_PLATE_NAME = "seeds.md", "seeds.png"
# What --smoke puts in the place of the article's constants; flags beside it override these.
SMOKE_IMAGES = 200
SMOKE_SETTINGS = ["--ch=16", "--batch-size=20", "--epochs=8", "--snapshot-every=2"]
SMOKE_SETTINGS += ["--preview-every=4", "--log-every=10"]
SMOKE_DEFAULTS = dict(
    out=Path("results/smoke"),
    runs=Path("results/smoke/runs"),
    evaluate_n=60,
    evaluate_seeds=2,
    evaluate_points=2,
    best_of=60,
)
# Left out: the detector, made for real faces; FID, which says nothing of so few images; borders,
# which cost as much again as all the rest.
SMOKE_SCORES = [
    name
    for name, score in SCORES.items()
    if name not in ("whole_face_rate", "fid") and score.needs != "borderless_features"
]


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the flags that are not settings."""
    parser = FlagParser(
        description=__doc__,
    )
    parser.add_argument("--dataset-a", help="a set on even grounds, such as Getchu's")
    parser.add_argument("--dataset-b", help="a set of faces as they come, such as Safebooru's")
    parser.add_argument("--smoke", action="store_true", help="two small drawn sets, in minutes")
    add_gpu_flag(parser)
    parser.add_argument(
        "--runs",
        type=Path,
        default=Path("results"),
        help="folder of the runs",
    )
    parser.add_argument(
        "--evaluate-n",
        type=int,
        default=4000,
        help="images judged of a run",
    )
    parser.add_argument(
        "--evaluate-seeds",
        type=int,
        default=3,
        help="seeds of the last scores",
    )
    parser.add_argument(
        "--evaluate-points",
        type=int,
        default=4,
        help="generators on a curve",
    )
    parser.add_argument(
        "--training-seeds",
        type=int,
        default=1,
        help="trainings of each, which tell the differences that another seed does not turn",
    )
    add_figure_flags(parser)
    return parser


def parse(argv: list[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """Parse the command line; return its flags, and the rest, which are settings."""
    argv = sys.argv[1:] if argv is None else argv
    parser = make_parser()
    if "--smoke" in argv:
        parser.set_defaults(**SMOKE_DEFAULTS)
    arguments, settings_flags = parser.parse_known_args(argv)
    check_at_least(arguments, 2, "evaluate_n")
    check_at_least(arguments, 1, "evaluate_seeds", "evaluate_points", "training_seeds")
    check_folder(arguments.runs)
    check_figure_flags(arguments)
    if arguments.smoke:
        settings_flags = [*SMOKE_SETTINGS, *settings_flags]
    elif not (arguments.dataset_a and arguments.dataset_b):
        raise UserError("two sets are needed: give --dataset-a and --dataset-b, or --smoke.")
    return arguments, settings_flags


@exits_cleanly
def main(argv: list[str] | None = None) -> int | None:
    """Run the command."""
    arguments, flags = parse(argv)
    datasets = [arguments.dataset_a, arguments.dataset_b]
    n_seeds = arguments.training_seeds
    scores = None
    if arguments.smoke:
        size = settings_for("sngan", "sample", flags).image_size
        sets = reproduction.draw_two_sets(arguments.out / "sets", SMOKE_IMAGES, size)
        datasets = [str(path) for path in sets]
        scores = SMOKE_SCORES
    device, sentence = choose_device(arguments.gpu)
    print(sentence)
    extractor = make_chosen_extractor(arguments.features, str(device))
    all_settings = [
        settings
        for algorithm in reproduction.ALGORITHMS
        for dataset in datasets
        for settings in with_seeds(settings_for(algorithm, dataset, flags), n_seeds)
    ]
    folders = []
    for i, settings in enumerate(all_settings):
        faces = load_faces(settings.dataset, settings.image_size, arguments.data_root)
        name = f"{settings.algorithm}_{Path(settings.dataset).stem}"
        folders.append(seed_folder(arguments.runs / name, i % n_seeds))
        if not reproduction.train_rest(settings, faces, folders[-1], device):
            print("Stopped; the same command goes on from here.")
            return 130
    for settings, folder in zip(all_settings, folders):
        print(f"Judging {folder}.")
        reproduction.judge_rest(
            load_run(folder, live=arguments.live),
            load_faces(settings.dataset, settings.image_size, arguments.data_root),
            extractor=extractor,
            n=arguments.evaluate_n,
            seeds=range(arguments.evaluate_seeds),
            n_checkpoints=arguments.evaluate_points,
            scores=scores,
            data_root=arguments.data_root,
            device=device,
        )
    draw_from_flags(arguments, folders[::n_seeds])
    if n_seeds > 1:
        write_seed_tables(arguments, folders)
    return None


def write_seed_tables(arguments: argparse.Namespace, folders: list[Path]) -> None:
    """Write which differences between the columns are larger than another seed's, and faces."""
    n_seeds = arguments.training_seeds
    runs = [load_run(path, read_set_names(arguments), arguments.live) for path in folders]
    columns = [runs[i : i + n_seeds] for i in range(0, len(runs), n_seeds)]
    path = arguments.out / SEEDS_NAME
    with replacing(path, "w") as file:
        file.write(format_seed_tables(columns))
    save_png(arguments.out / SEED_PLATE_NAME, make_seed_plate(columns))
    print(f"Wrote {path} and {SEED_PLATE_NAME} beside it.")
