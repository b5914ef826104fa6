"""GeneratorAverage: an exponential average of the generator's parameters."""

from __future__ import annotations

from chainer import training

from chainer_gan_anime.common.net import Generator


class GeneratorAverage(training.Extension):
    """Keeps average = b * average + (1 - b) * G, by parameter, with b rising to the decay.

    Only parameters are averaged: the average's batch normalisation statistics are computed
    where it is drawn or written (:mod:`chainer_gan_anime.common.standing`), because the live
    G's do not fit its weights.

    Args:
        gen: The generator in training.
        decay: Weight of the past, such as 0.999.

    Attributes:
        average: The averaged generator as it is in training.

    Source: Yazici et al. 2018, "The unusual effectiveness of averaging in GAN training".
    """

    priority = training.extension.PRIORITY_EDITOR

    def __init__(self, gen: Generator, decay: float):
        self._gen = gen
        self._decay = decay
        self.average: Generator = gen.copy("copy")

    def __call__(self, trainer: training.Trainer) -> None:
        """Move the average one step."""
        decay = ramped_decay(self._decay, trainer.updater.iteration - 1)
        for mine, its in zip(self.average.params(), self._gen.params()):
            mine.array += (1 - decay) * (its.array - mine.array)

    def serialize(self, serializer) -> None:
        """Save or restore the average; how far the decay has risen the iteration tells."""
        self.average.serialize(serializer["average"])


def ramped_decay(decay: float, t: int) -> float:
    """Return the decay after ``t`` steps of the average: min(decay, (1 + t) / (10 + t)).

    Without the ramp an early average is mostly the first, random weights.
    """
    return min(decay, (1 + t) / (10 + t))
