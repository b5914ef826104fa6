"""Evaluate: scores of the generator while it trains."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import chainer
import numpy as np
from chainer import training

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.evaluation.judge import Judge
from chainer_gan_anime.evaluation.networks import features
from chainer_gan_anime.runs.checkpoints import draw_images
from chainer_gan_anime.runs.records import append_scores

# What a curve wants; the rest costs more and tells little before the end.
SCORES = ("kid", "prdc", "ms_ssim")


class Evaluate(training.Extension):
    """Judges images of the same latents each time; reports the values and appends them.

    The training stays the same to the bit: the latents come from a stream of their own, G is
    run in test mode and without a graph, and D is not touched.

    Args:
        gen: The generator to judge.
        real: (N, 3, H, W) uint8, the images trained on.
        n: Images to draw, and real ones to compare them with.
        seed: Of the latents and of the scores' draws.
        feature_network: See :mod:`chainer_gan_anime.evaluation.networks.features`.
        scores: Names of the scores.
        device: Where the feature network runs.

    Raises:
        UserError: There is no such feature network; when the training begins: there are fewer
            than ``n`` real images.
    """

    priority = training.extension.PRIORITY_WRITER

    def __init__(
        self,
        gen: Generator,
        real: np.ndarray,
        n: int = 1000,
        seed: int = 0,
        feature_network: str = features.DEFAULT,
        scores: Sequence[str] = SCORES,
        device: str = "@numpy",
    ):
        self._gen, self._n, self._seed = gen, n, seed
        extractor = features.make_extractor(feature_network, device)
        self._make_judge = functools.partial(Judge, real, n, extractor, scores, seed)

    def initialize(self, trainer: training.Trainer) -> None:
        """Get the real images' features, which takes a while, when the training begins."""
        self._judge = self._make_judge()

    def __call__(self, trainer: training.Trainer) -> None:
        """Draw, judge, report under the scores' full names, append to ``scores.jsonl``."""
        results, alarms = self._judge.judge(draw_images(self._gen, self._n, self._seed))
        updater = trainer.updater
        facts = {
            "file": None,
            "iteration": updater.iteration,
            "epoch": updater.epoch_detail,
            "seed": self._seed,
        }
        append_scores(Path(trainer.out), results, alarms, facts)
        chainer.report({result.score: result.value for result in results})
        for alarm in alarms:
            print(f"ALARM: {alarm}")
