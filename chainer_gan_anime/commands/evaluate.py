"""Judge a run, or images from elsewhere: anime-gan evaluate results/sngan_getchu --n 4000.

Images that no run drew are judged by the same scores: evaluate --fake FOLDER --real getchu.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import chainer

from chainer_gan_anime.data.dataset import FaceImages, load_faces
from chainer_gan_anime.evaluation.foreign import load_foreign
from chainer_gan_anime.evaluation.held_out import held_out_rows
from chainer_gan_anime.evaluation.judge import (
    Judge,
    check_counts,
    choose_scores,
    judge_checkpoint,
)
from chainer_gan_anime.evaluation.networks import features
from chainer_gan_anime.evaluation.reach import describe_reach, reach_faces
from chainer_gan_anime.evaluation.report import format_table
from chainer_gan_anime.evaluation.scores.registry import SCORES, Score
from chainer_gan_anime.flags import (
    FlagParser,
    add_data_root_flag,
    add_gpu_flag,
    add_live_flag,
    add_seed_flag,
    check_at_least,
    check_seed,
)
from chainer_gan_anime.options import flag_name
from chainer_gan_anime.runs.checkpoints import find_checkpoints
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.runs.records import SCORES_NAME, Result, append_scores, load_settings
from chainer_gan_anime.training.place import choose_device
from crawler.shared.errors import UserError, exits_cleanly
from crawler.shared.files import check_folder, make_folder

DEFAULT_N = 4000


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = FlagParser(
        description=__doc__,
        epilog=f"{features.__doc__}\nScores: {', '.join(SCORES)}.",
    )
    parser.add_argument("run", type=Path, nargs="?", help="the run's folder")
    parser.add_argument(
        "--snapshot", help="an iteration, the path of a generator, or all (the newest)"
    )
    add_live_flag(parser)
    parser.add_argument(
        "--n", type=int, help=f"images to judge (default: {DEFAULT_N}, and of --fake all)"
    )
    parser.add_argument("--features", help=f"see below (default: {features.DEFAULT})")
    parser.add_argument(
        "--scores", help="names with commas between (default: all that --n allows)"
    )
    add_seed_flag(parser, help="seed of the latents and of the scores' draws")
    parser.add_argument("--dataset", help="judge by this set (default: the one trained on)")
    foreign = parser.add_argument_group("images from elsewhere")
    foreign.add_argument(
        "--fake", type=Path, metavar="PLACE", help="judge the images of this folder or zip"
    )
    foreign.add_argument("--real", metavar="SET", help="by this set")
    foreign.add_argument(
        "--image-size", type=int, help="pixels that both are brought to (default: 64)"
    )
    foreign.add_argument("--out", type=Path, help=f"folder whose {SCORES_NAME} gets the scores")
    reach = parser.add_argument_group("memorisation by reach, in place of the scores")
    reach.add_argument(
        "--reach",
        type=int,
        metavar="N",
        help="how near the latents come to N training faces and to N held-out ones; slow",
    )
    reach.add_argument(
        "--held-out", metavar="SET", help="faces that the run was not trained on, for --reach"
    )
    add_data_root_flag(parser)
    add_gpu_flag(parser)
    arguments = parser.parse_args(argv)
    check(arguments)
    arguments.features = arguments.features or features.DEFAULT
    return arguments


def check(arguments: argparse.Namespace) -> None:
    """Say what is wrong before anything is loaded.

    Raises:
        UserError: A flag is out of range, lacks another, or goes with something else.
    """
    if (arguments.run is None) == (arguments.fake is None):
        raise UserError(
            "give either a run's folder or --fake FOLDER with --real SET: one of them."
        )
    if arguments.fake and arguments.real is None:
        raise UserError("--fake needs --real SET: the set by which its images are judged.")
    others = ("snapshot", "live", "dataset", "reach", "held_out")
    whose = "a run, not to --fake"
    if arguments.run:
        others, whose = ("real", "image_size", "out"), "--fake, not to a run"
    for name in others:
        if getattr(arguments, name) not in (None, False):
            raise UserError(f"{flag_name(name)} belongs to {whose}: leave it out.")
    if (arguments.reach is None) != (arguments.held_out is None):
        raise UserError(
            "--reach N and --held-out SET go together: a run is trained on all of its own set, so "
            "faces that it never saw must come from another."
        )
    for name in ("n", "scores", "features"):
        if arguments.reach is not None and getattr(arguments, name) is not None:
            raise UserError(
                f"{flag_name(name)} belongs to the scores, which --reach takes the place of: "
                "leave it out, or --reach."
            )
    check_at_least(arguments, 2, "n", "reach")
    check_at_least(arguments, 8, "image_size")
    check_seed(arguments.seed)
    if arguments.out:
        check_folder(arguments.out)


def choose(arguments: argparse.Namespace, n: int) -> list[Score]:
    """Return the scores to compute, and make sure that what they need is at hand.

    Raises:
        UserError: A score is unknown, wants more images, or lacks something on this machine.
    """
    if arguments.scores:
        chosen = choose_scores(arguments.scores.split(","))
        check_counts(chosen, n)
    else:
        chosen = [score for score in SCORES.values() if score.min_n <= n]
        if left_out := [score.name for score in SCORES.values() if score not in chosen]:
            print(f"Left out, as they want more images than {n}: {', '.join(left_out)}.")
    for score in chosen:
        score.prepare()
    return chosen


def make_judge(
    arguments: argparse.Namespace,
    chosen: list[Score],
    n: int,
    dataset: str,
    faces: FaceImages,
    device: chainer.backend.Device,
) -> Judge:
    """Return a judge who knows a set and computes the chosen scores of ``n`` images."""
    extractor = None
    if any(score.needs for score in chosen):
        extractor = features.make_extractor(arguments.features, str(device))
    held_out = held_out_rows(dataset, len(faces.images), arguments.data_root)
    names = [score.name for score in chosen]
    return Judge(faces.images, n, extractor, names, arguments.seed, held_out)


def judge_run(arguments: argparse.Namespace) -> None:
    """Judge generators of a run; append their scores to the run's."""
    n = arguments.n or DEFAULT_N
    chosen = choose(arguments, n)
    checkpoints = find_checkpoints(arguments.run, arguments.snapshot, arguments.live)
    device, sentence = choose_device(arguments.gpu)
    print(sentence)
    if load_settings(arguments.run)[0].feature_dis == arguments.features:
        print(
            f"This run's second D saw through {arguments.features}, too, which flatters these "
            "scores: judge it by another network, such as --features efficientnet-lite2."
        )
    dataset, faces = load_set_of_run(arguments)
    judge = make_judge(arguments, chosen, n, dataset, faces, device)
    for checkpoint in checkpoints:
        results, alarms = judge_checkpoint(
            arguments.run, checkpoint, judge, dataset, faces, device
        )
        print(f"\n{checkpoint.path.name}, {n} images of seed {arguments.seed}")
        show(results, alarms)
        print(f"appended to {arguments.run / SCORES_NAME}")


def judge_foreign(arguments: argparse.Namespace) -> None:
    """Judge images from elsewhere by a set."""
    image_size = arguments.image_size or 64
    fake = load_foreign(arguments.fake, image_size, arguments.n, arguments.seed)
    chosen = choose(arguments, len(fake))
    device, sentence = choose_device(arguments.gpu)
    print(sentence)
    faces = load_faces(arguments.real, image_size, arguments.data_root)
    judge = make_judge(arguments, chosen, len(fake), arguments.real, faces, device)
    results, alarms = judge.judge(fake)
    print(f"\n{arguments.fake}, {len(fake)} images by {faces.source}")
    show(results, alarms)
    if arguments.out:
        make_folder(arguments.out)
        facts = dict(file=arguments.fake.name, iteration=None, epoch=None, seed=arguments.seed)
        facts |= dict(dataset=Path(arguments.real).name, dataset_sha256=faces.digest)
        print(f"appended to {append_scores(arguments.out, results, alarms, facts)}")


def measure_run_reach(arguments: argparse.Namespace) -> None:
    """Print how near generators of a run come to faces that they saw and that they did not."""
    checkpoints = find_checkpoints(arguments.run, arguments.snapshot, arguments.live)
    device, sentence = choose_device(arguments.gpu)
    print(sentence)
    _, faces = load_set_of_run(arguments)
    other = load_faces(arguments.held_out, faces.images.shape[-1], arguments.data_root)
    for checkpoint in checkpoints:
        gen, name = load_generator(checkpoint.path)
        gen.to_device(device)
        reach = reach_faces(gen, faces.images, other.images, arguments.reach, arguments.seed)
        print("\n".join([f"\n{name}", *describe_reach(reach)]))


def load_set_of_run(arguments: argparse.Namespace) -> tuple[str, FaceImages]:
    """Return the name of the set to judge a run by, and the set."""
    settings, run_facts = load_settings(arguments.run)
    dataset = arguments.dataset or settings.dataset
    faces = load_faces(dataset, settings.image_size, arguments.data_root)
    meant = arguments.dataset is None or arguments.reach  # to be what it was trained on
    if meant and faces.digest != run_facts["data"]["sha256"]:
        print(f"note: {faces.source} is not as it was when the run was trained on it.")
    return dataset, faces


def show(results: Sequence[Result], alarms: Sequence[str]) -> None:
    """Print a table of results, and the alarms under it."""
    print(format_table(results))
    for alarm in alarms:
        print(f"ALARM: {alarm}")


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    if arguments.fake:
        judge_foreign(arguments)
    elif arguments.reach:
        measure_run_reach(arguments)
    else:
        judge_run(arguments)
