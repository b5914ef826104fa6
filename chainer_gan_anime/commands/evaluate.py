"""Judge a run: python experiments/evaluate.py results/sngan_getchu --n 4000."""

from __future__ import annotations

import argparse
from pathlib import Path

from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.evaluation.held_out import held_out_rows
from chainer_gan_anime.evaluation.judge import (
    Judge,
    check_counts,
    choose_scores,
    judge_checkpoint,
)
from chainer_gan_anime.evaluation.networks import features
from chainer_gan_anime.evaluation.report import format_table
from chainer_gan_anime.evaluation.scores.registry import SCORES, Score
from chainer_gan_anime.flags import (
    FlagParser,
    add_data_root_flag,
    add_gpu_flag,
    add_seed_flag,
    check_at_least,
    check_seed,
)
from chainer_gan_anime.runs.checkpoints import find_checkpoints
from chainer_gan_anime.runs.records import SCORES_NAME, load_settings
from chainer_gan_anime.training.place import choose_device
from crawler.shared.errors import exits_cleanly


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = FlagParser(
        description=__doc__,
        epilog=f"{features.__doc__}\nScores: {', '.join(SCORES)}.",
    )
    parser.add_argument("run", type=Path, help="the run's folder")
    parser.add_argument(
        "--snapshot", help="an iteration, the path of a generator, or all (the newest)"
    )
    parser.add_argument("--n", type=int, default=4000, help="generated images")
    parser.add_argument("--features", default=features.DEFAULT, help="see below")
    parser.add_argument(
        "--scores", help="names with commas between (default: all that --n allows)"
    )
    add_seed_flag(parser, help="seed of the latents and of the scores' draws")
    parser.add_argument("--dataset", help="judge by this set (default: the one trained on)")
    add_data_root_flag(parser)
    add_gpu_flag(parser)
    arguments = parser.parse_args(argv)
    check_at_least(arguments, 2, "n")
    check_seed(arguments.seed)
    return arguments


def choose(arguments: argparse.Namespace) -> list[Score]:
    """Return the scores to compute, and make sure that what they need is at hand.

    Raises:
        UserError: A score is unknown, wants more images, or lacks something on this machine.
    """
    if arguments.scores:
        chosen = choose_scores(arguments.scores.split(","))
        check_counts(chosen, arguments.n)
    else:
        chosen = [score for score in SCORES.values() if score.min_n <= arguments.n]
        if left_out := [score.name for score in SCORES.values() if score not in chosen]:
            print(f"Left out, as they want more images than --n: {', '.join(left_out)}.")
    for score in chosen:
        score.prepare()
    return chosen


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    chosen = choose(arguments)
    checkpoints = find_checkpoints(arguments.run, arguments.snapshot)
    settings, run_facts = load_settings(arguments.run)
    device, sentence = choose_device(arguments.gpu)
    print(sentence)
    dataset = arguments.dataset or settings.dataset
    faces = load_faces(dataset, settings.image_size, arguments.data_root)
    if arguments.dataset is None and faces.digest != run_facts["data"]["sha256"]:
        print(f"note: {faces.source} is not as it was when the run was trained on it.")
    names = [score.name for score in chosen]
    extractor = None
    if any(score.needs for score in chosen):
        extractor = features.make_extractor(arguments.features, str(device))
    held_out = held_out_rows(dataset, len(faces.images), arguments.data_root)
    judge = Judge(faces.images, arguments.n, extractor, names, arguments.seed, held_out)
    for checkpoint in checkpoints:
        results, alarms = judge_checkpoint(
            arguments.run, checkpoint, judge, dataset, faces, device
        )
        print(f"\n{checkpoint.path.name}, {arguments.n} images of seed {arguments.seed}")
        print(format_table(results))
        for alarm in alarms:
            print(f"ALARM: {alarm}")
        print(f"appended to {arguments.run / SCORES_NAME}")
