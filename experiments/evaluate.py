"""Judge a run: python experiments/evaluate.py results/sngan_getchu --n 4000."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.evaluation.held_out import held_out_rows
from chainer_gan_anime.evaluation.judge import Judge, choose_scores, judge_checkpoint
from chainer_gan_anime.evaluation.networks import features
from chainer_gan_anime.evaluation.report import format_table
from chainer_gan_anime.evaluation.scores.registry import SCORES
from chainer_gan_anime.runs.checkpoints import find_checkpoints
from chainer_gan_anime.runs.records import SCORES_NAME, load_settings
from chainer_gan_anime.training.place import choose_device
from crawler.shared.errors import UserError, exits_cleanly


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=f"{features.__doc__}\nScores: {', '.join(SCORES)}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("run", type=Path, help="the run's folder")
    parser.add_argument(
        "--snapshot", help="an iteration, the path of a generator, or all (the newest)"
    )
    parser.add_argument("--n", type=int, default=4000, help="generated images (%(default)s)")
    parser.add_argument("--features", default=features.DEFAULT, help="see below (%(default)s)")
    parser.add_argument("--scores", help="names with commas between (all)")
    parser.add_argument("--seed", type=int, default=0, help="of z and of the scores' draws")
    parser.add_argument("--dataset", help="judge by this set (the one trained on)")
    parser.add_argument("--data-root", help="folder of named sets ($ANIME_DATA_ROOT or datasets)")
    parser.add_argument("--gpu", "-g", type=int, help="CUDA device; -1 is the CPU")
    arguments = parser.parse_args(argv)
    if arguments.n < 2:
        raise UserError(f"--n {arguments.n} is too small: take at least 2.")
    if not 0 <= arguments.seed < 2**32:
        raise UserError(f"--seed {arguments.seed} is out of range: take one from 0 to 4294967295.")
    return arguments


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    names = arguments.scores.split(",") if arguments.scores else None
    chosen = choose_scores(names)
    checkpoints = find_checkpoints(arguments.run, arguments.snapshot)
    settings, run_facts = load_settings(arguments.run)
    device, sentence = choose_device(arguments.gpu)
    print(sentence)
    dataset = arguments.dataset or settings.dataset
    faces = load_faces(dataset, settings.image_size, arguments.data_root)
    if arguments.dataset is None and faces.digest != run_facts["data"]["sha256"]:
        print(f"note: {faces.source} is not as it was when the run was trained on it.")
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


if __name__ == "__main__":
    sys.exit(main())
