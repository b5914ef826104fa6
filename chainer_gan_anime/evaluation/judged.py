"""Judges a run's generator and writes the scores beside the run."""

from __future__ import annotations

from pathlib import Path

import chainer

from chainer_gan_anime.common.dataset import FaceImages
from chainer_gan_anime.evaluation.evaluate import Judge, Result
from chainer_gan_anime.evaluation.report import append_scores
from chainer_gan_anime.evaluation.runs import Checkpoint, draw_from, load_run_settings


def judge_checkpoint(
    run: Path,
    checkpoint: Checkpoint,
    judge: Judge,
    dataset: str,
    faces: FaceImages,
    device: chainer.backend.Device,
) -> tuple[list[Result], list[str]]:
    """Draw as many images as the judge compares, from its seed; append their scores.

    Args:
        run: The run's folder, whose ``scores.jsonl`` gets the lines.
        checkpoint: The generator.
        judge: Knows the real images.
        dataset: The real images' set, as the user named it.
        faces: That set.
        device: Where to draw.

    Returns:
        The results in the scores' order, and the sentences of alarms.
    """
    settings, facts = load_run_settings(run)
    batches_per_epoch = -(-facts["data"]["images"] // settings.batch_size)
    results, alarms = judge.judge(draw_from(checkpoint, judge.n, judge.seed, device))
    iteration = checkpoint.iteration
    of_lines = {
        "file": checkpoint.path.name,
        "iteration": iteration,
        "epoch": None if iteration is None else iteration * settings.n_dis / batches_per_epoch,
        "seed": judge.seed,
        "dataset": Path(dataset).name,
        "dataset_sha256": faces.digest,
    }
    append_scores(run, results, alarms, of_lines)
    return results, alarms
