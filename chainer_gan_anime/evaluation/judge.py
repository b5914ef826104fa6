"""Judges generated images: every chosen score, each beside its floor."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import chainer
import numpy as np
from tqdm import tqdm

from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.evaluation.held_out import random_rows
from chainer_gan_anime.evaluation.networks.feature_cache import cached_features
from chainer_gan_anime.evaluation.networks.features import Extractor, extract
from chainer_gan_anime.evaluation.scores.borders import without_border
from chainer_gan_anime.evaluation.scores.kid import halved
from chainer_gan_anime.evaluation.scores.registry import SCORES, Sample, Score, full_name
from chainer_gan_anime.runs.checkpoints import Checkpoint, draw_from
from chainer_gan_anime.runs.records import Result, append_scores, load_settings
from crawler.shared.errors import UserError

# What each field of features is computed from.
_VIEWS = {"features": lambda x: x, "borderless_features": without_border, "half_features": halved}


def choose_scores(names: Sequence[str] | None) -> list[Score]:
    """Return the scores of these names, all for None.

    Raises:
        UserError: A name is not registered.
    """
    unknown = sorted(set(names or ()) - set(SCORES))
    if unknown:
        raise UserError(f"unknown score {unknown[0]!r}; choose from {', '.join(SCORES)}.")
    return [SCORES[name] for name in names or SCORES]


def check_counts(scores: Sequence[Score], n: int) -> None:
    """Refuse a count that is too small for one of the scores.

    Raises:
        UserError: A score needs more than ``n`` images.
    """
    for score in scores:
        if n < score.min_n:
            raise UserError(
                f"{score.name} needs at least {score.min_n} images and --n is {n}; "
                "raise --n or leave the score out with --scores."
            )


class Judge:
    """Holds the real images and judges generated ones by them.

    The floor of a score is the score of real images: of one half of them by the other, or for
    memorisation of held-out ones by the rest.  Whether those were trained on as well does not
    matter: they only tell how near real images lie to other real images.

    Args:
        real: (N, 3, H, W) uint8, the images trained on.
        n: How many generated images will be judged.
        extractor: Feature network; None if no chosen score needs features.
        scores: Names of scores; None for all.
        seed: Of the draws of real images, subsets and pairs; who draws the images to be judged
            takes it for their latents too.
        held_out: Row numbers of held-out images; None for a seeded tenth.

    Raises:
        UserError: Too few images, or an unknown score.
    """

    def __init__(
        self,
        real: np.ndarray,
        n: int,
        extractor: Extractor | None,
        scores: Sequence[str] | None = None,
        seed: int = 0,
        held_out: np.ndarray | None = None,
    ):
        self.scores = choose_scores(scores)
        self.n, self.seed, self._extractor = n, seed, extractor
        self._held_out = random_rows(len(real)) if held_out is None else held_out
        if len(real) < n:
            raise UserError(
                f"the data set holds {len(real)} images, but {n} are to be compared with as "
                f"many generated ones; pass --n {len(real)} or less."
            )
        check_counts(self.scores, n)
        order = np.random.RandomState(seed).permutation(len(real))
        self._half = min(n, len(real) // 2)
        rows = order[: max(n, 2 * self._half)]
        # The features of all images serve every seed, those of a few rows this one only.
        all_serve = len(real) <= 2 * len(rows)
        of_all = {
            field: self._features(real, field)
            for field in _VIEWS
            if all_serve or self._needs(field, "training")
        }
        of_rows = {
            field: self._features(real[rows], field) for field in _VIEWS if field not in of_all
        }
        self._training = Sample(real, **of_all)
        self._real = dataclasses.replace(self._training[rows], **of_rows)

    def _needs(self, field: str, reference: str | None = None) -> bool:
        return any(s.needs == field and reference in (None, s.reference) for s in self.scores)

    def _features(
        self,
        images: np.ndarray,
        field: str,
        whose: str = "real",
        compute: Callable = cached_features,
    ) -> np.ndarray | None:
        """Return what a field of :class:`Sample` holds, or None if no score needs it."""
        if not self._needs(field):
            return None
        return compute(
            _VIEWS[field](images), self._extractor, f"{field.replace('_', ' ')} of {whose} images"
        )

    def judge(self, fake: np.ndarray) -> tuple[list[Result], list[str]]:
        """Compute every chosen score of generated images.

        Args:
            fake: (n, 3, H, W) uint8, of the real images' size.

        Returns:
            The results in the scores' order, and the sentences of alarms.

        Raises:
            UserError: The images have another size than the real ones.
        """
        if fake.shape[1:] != self._real.images.shape[1:]:
            ours, theirs = self._real.images.shape[2:], fake.shape[2:]
            raise UserError(
                f"the generated images are {theirs[1]}x{theirs[0]} and the real ones "
                f"{ours[1]}x{ours[0]}; judge a run by a data set of its own size."
            )
        features = {f: self._features(fake, f, "generated", extract) for f in _VIEWS}
        candidate = Sample(fake, **features)
        results, alarms = [], []
        for score in tqdm(self.scores, desc="scores", unit="score", leave=False, disable=None):
            values, floors, floor_n = self._compute(score, candidate)
            extractor = self._extractor.name if score.needs else None
            results += [
                Result(
                    full_name(name, extractor, self.n), value, floor, self.n, floor_n, extractor
                )
                for name, value, floor in zip(score.names, values, floors)
                if value is not None
            ]
            if score.alarm and None not in floors and (sentence := score.alarm(values, floors)):
                alarms.append(sentence)
        return results, alarms

    def _compute(self, score: Score, candidate: Sample) -> tuple[tuple, tuple, int]:
        """Return values, floors and the floor's count."""
        if score.reference == "training":
            reference = self._training
            others = np.delete(np.arange(len(reference)), self._held_out)
            floor_pair = reference[others], reference[self._held_out]
            floor_n = len(self._held_out)
        else:
            reference = self._real[: self.n]
            floor_n = self._half
            floor_pair = self._real[:floor_n], self._real[floor_n : 2 * floor_n]
        values = score.function(reference, candidate, self._random(score))
        if floor_n < score.min_n:
            return values, (None,) * len(values), floor_n
        return values, score.function(*floor_pair, self._random(score)), floor_n

    def _random(self, score: Score) -> np.random.RandomState:
        """Return the score's own stream, so that leaving another out changes nothing."""
        return np.random.RandomState([self.seed, zlib.crc32(score.name.encode())])


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
    settings, facts = load_settings(run)
    n_images = facts["data"]["images"]
    results, alarms = judge.judge(draw_from(checkpoint, judge.n, judge.seed, device))
    iteration = checkpoint.iteration
    of_lines = {
        "file": checkpoint.path.name,
        "iteration": iteration,
        "epoch": None if iteration is None else settings.to_epochs(iteration, n_images),
        "seed": judge.seed,
        "dataset": Path(dataset).name,
        "dataset_sha256": faces.digest,
    }
    append_scores(run, results, alarms, of_lines)
    return results, alarms
