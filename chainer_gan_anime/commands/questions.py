"""Put the article's open questions to nets: python experiments/questions.py --white A --wild B.

Does the ground matter, the cut, the number of faces; should DRAGAN's noise reach white grounds?
For each question, sets that differ in one thing are made from the two given ones, nets are
trained on them with several seeds, and a table of the differences is written.  What is done
already is not done again.  The sets are read at twice --image-size.  The settings' flags of
experiments/train.py (--ch, --epochs and so on) are understood beside these, and hold for all runs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from chainer_gan_anime.algorithms.registry import ALGORITHMS
from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.evaluation.networks.features import DEFAULT, make_extractor
from chainer_gan_anime.figures.grid import make_grid, save_png
from chainer_gan_anime.flags import (
    FlagParser,
    add_data_root_flag,
    add_gpu_flag,
    check_at_least,
    settings_for,
)
from chainer_gan_anime.studies.question import QUESTIONS, Question
from chainer_gan_anime.studies.study import check_arms, study
from chainer_gan_anime.studies.table import format_answers
from chainer_gan_anime.training.place import choose_device
from crawler.shared.errors import UserError, exits_cleanly
from crawler.shared.files import check_folder, replacing

TABLE_NAME = "answers.md"
N_SHOWN = 16  # images of each arm in a question's picture of its sets
# Small enough for a CPU; DRAGAN draws varied faces so.  Flags given beside these override them.
SETTINGS = ["--image-size=32", "--ch=32", "--scale-alpha", "--epochs=60", "--preview-every=20"]
SETTINGS += ["--snapshot-every=20"]


def parse(argv: list[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """Parse the command line; return its flags, and the rest, which are settings."""
    parser = FlagParser(
        description=__doc__,
    )
    parser.add_argument("--white", required=True, help="a set of faces on white grounds")
    parser.add_argument("--wild", required=True, help="a set of faces as they come")
    parser.add_argument(
        "--only",
        nargs="+",
        default=list(QUESTIONS),
        metavar="QUESTION",
        help="(default: %(default)s)",
    )
    parser.add_argument("--algorithm", choices=tuple(ALGORITHMS), default="dragan")
    parser.add_argument("--seeds", type=int, default=2, help="trainings of each")
    parser.add_argument("--evaluate-n", type=int, default=1000, help="images judged of each")
    parser.add_argument("--features", default=DEFAULT, help="as evaluate.py")
    parser.add_argument("--out", type=Path, default=Path("results/questions"), help="folder")
    add_data_root_flag(parser)
    add_gpu_flag(parser)
    arguments, flags = parser.parse_known_args(argv)
    unknown = sorted(set(arguments.only) - set(QUESTIONS))
    if unknown:
        raise UserError(f"--only {unknown[0]} is unknown: take some of {', '.join(QUESTIONS)}.")
    check_at_least(arguments, 2, "seeds", "evaluate_n")
    check_folder(arguments.out)
    return arguments, [*SETTINGS, *flags]


def show_sets(question: Question, folder: Path) -> None:
    """Write a picture with a row of training images of each arm."""
    folder.mkdir(parents=True, exist_ok=True)
    for arm in question.arms:
        save_png(folder / f"set_{arm.name}.png", make_grid(arm.images[:N_SHOWN], N_SHOWN))


@exits_cleanly
def main(argv: list[str] | None = None) -> int | None:
    """Run the command."""
    arguments, flags = parse(argv)
    size = settings_for(arguments.algorithm, arguments.white, flags).image_size
    white, wild = (
        load_faces(name, 2 * size, arguments.data_root).images
        for name in (arguments.white, arguments.wild)
    )
    questions = [QUESTIONS[name](white, wild) for name in arguments.only]
    seeds = range(arguments.seeds)
    check_arms(questions, arguments.algorithm, seeds, flags)
    device, sentence = choose_device(arguments.gpu)
    print(sentence)
    extractor = make_extractor(arguments.features, str(device))
    for question in questions:
        show_sets(question, arguments.out / question.name)
        finished = study(
            question,
            arguments.algorithm,
            seeds,
            flags,
            n=arguments.evaluate_n,
            extractor=extractor,
            out=arguments.out,
            device=device,
        )
        if not finished:
            print("Stopped; the same command goes on from here.")
            return 130
    table = format_answers(questions, seeds, arguments.out, arguments.evaluate_n, extractor)
    with replacing(arguments.out / TABLE_NAME, "w") as file:
        file.write(table)
    print(f"{table}written to {arguments.out / TABLE_NAME}")
    return None
