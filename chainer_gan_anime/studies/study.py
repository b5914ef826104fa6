"""Trains and judges the arms of a question: what is done stays done, the rest is made."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import chainer

from chainer_gan_anime.evaluation.networks.features import Extractor
from chainer_gan_anime.flags import settings_for
from chainer_gan_anime.runs.checkpoints import draw_from, find_checkpoints
from chainer_gan_anime.runs.records import append_scores, read_scores
from chainer_gan_anime.settings import Settings
from chainer_gan_anime.studies.question import Arm, Question
from chainer_gan_anime.studies.reproduction import train_rest
from chainer_gan_anime.studies.wanted import Wanted
from crawler.shared.errors import UserError


def arm_settings(
    question: Question, arm: Arm, algorithm: str, seed: int, flags: Sequence[str]
) -> Settings:
    """Return the settings of a run: the arms of a question get equally many updates.

    As many as the epochs that the flags ask for take with the largest of the sets, so that no
    arm has fewer epochs.

    Args:
        question: The question.
        arm: One of its arms.
        algorithm: What is trained.
        seed: Of the training.
        flags: Flags of ``experiments/train.py`` that hold for every run.
    """
    name = f"{question.name}-{arm.name}"
    size = f"--image-size={arm.images.shape[-1]}"
    settings = settings_for(algorithm, name, [*flags, *arm.flags, size, f"--seed={seed}"])
    largest = max(len(arm.images) for arm in question.arms)
    return dataclasses.replace(settings, iterations=settings.count_iterations(largest))


def check_arms(
    questions: Sequence[Question], algorithm: str, seeds: Sequence[int], flags: Sequence[str]
) -> None:
    """Resolve the settings of all runs, so that none is refused after others were trained.

    Args:
        questions: The questions.
        algorithm: What is trained.
        seeds: Of the trainings.
        flags: Flags of ``experiments/train.py`` that hold for every run.

    Raises:
        UserError: A question's arms differ in what this algorithm does not have.
    """
    for question in questions:
        try:
            for arm, seed in itertools.product(question.arms, seeds):
                arm_settings(question, arm, algorithm, seed, flags)
        except UserError as error:
            others = " ".join(other.name for other in questions if other is not question)
            instead = f"take --only {others}" if others else "take another --algorithm"
            reason = str(error).partition(":")[0]  # what to do about it is another thing here
            raise UserError(
                f"the question {question.name} cannot be put to {algorithm} ({reason}): {instead}."
            ) from None


def run_folder(out: Path, question: Question, arm: Arm, seed: int) -> Path:
    """Return the folder of a run."""
    return out / question.name / f"{arm.name}_{seed}"


def study(
    question: Question,
    algorithm: str,
    seeds: Sequence[int],
    flags: Sequence[str],
    n: int,
    extractor: Extractor,
    out: Path,
    device: chainer.backend.Device,
    report: Callable[[str], None] = print,
) -> bool:
    """Train and judge every arm of a question with every seed; return False if stopped.

    Args:
        question: The question.
        algorithm: What is trained.
        seeds: Of the trainings.
        flags: Flags of ``experiments/train.py`` that hold for every run.
        n: Generated images to judge of each.
        extractor: Feature network.
        out: Folder of the runs.
        device: Where to train and draw.
        report: Called with each sentence for the user.

    Raises:
        UserError: What lies in a run's folder was trained with other settings or images, or
            there are too few real images to judge ``n`` by.
    """
    wanted = Wanted(question.scores, n, extractor)
    wanted.make_judge(question.real)  # too few images are said before the first training
    for seed in seeds:
        for arm in question.arms:
            folder = run_folder(out, question, arm, seed)
            report(f"{question.text} {arm.name}, seed {seed}: {folder}")
            settings = arm_settings(question, arm, algorithm, seed, flags)
            if not train_rest(settings, arm.faces(settings.dataset), folder, device, report):
                return False
            (checkpoint,) = find_checkpoints(folder)
            lines = read_scores(folder)
            lacking = wanted.lacking(x for x in lines if x["iteration"] == checkpoint.iteration)
            if not lacking:
                continue
            images = arm.view(draw_from(checkpoint, n, seed, device))
            results, alarms = wanted.make_judge(question.real, lacking).judge(images)
            facts = {"iteration": checkpoint.iteration, "seed": seed, "images": len(arm.images)}
            append_scores(folder, results, alarms, facts)
    return True


def newest_scores(folder: Path, wanted: Wanted) -> dict[str, tuple[float, float | None]]:
    """Return value and floor of what is wanted of a run's newest judged generator."""
    lines = wanted.among(read_scores(folder))
    return {
        line["score"]: (line["value"], line["floor"])
        for line in lines
        if line["iteration"] == lines[-1]["iteration"]
    }
