"""Evaluate: scores of the generator while it trains."""

from __future__ import annotations

from pathlib import Path

import chainer
from chainer import training

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.evaluation.evaluate import Judge
from chainer_gan_anime.evaluation.report import append_scores
from chainer_gan_anime.evaluation.runs import draw_images


class Evaluate(training.Extension):
    """Judges images of the same latents each time; reports the values and appends them.

    The training stays the same to the bit: the latents come from a stream of their own, G is
    run in test mode and without a graph, and D is not touched.

    Args:
        gen: The generator to judge.
        judge: Holds the real images and the chosen scores.
        n: Images to draw, as many as ``judge`` was made for.
        seed: Of the latents.
    """

    priority = training.extension.PRIORITY_WRITER

    def __init__(self, gen: Generator, judge: Judge, n: int, seed: int = 0):
        self._gen, self._judge, self._n, self._seed = gen, judge, n, seed

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
