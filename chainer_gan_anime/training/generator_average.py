"""GeneratorAverage: an exponential average of the generator's parameters."""

from __future__ import annotations

from chainer import training

from chainer_gan_anime.common.net import Generator


class GeneratorAverage(training.Extension):
    """Keeps average = decay * average + (1 - decay) * G, by parameter; statistics are copied.

    Args:
        gen: The generator in training.
        decay: Weight of the past, such as 0.999.

    Attributes:
        average: The averaged generator; previews and scores draw with it.

    Source: Yazici et al. 2018, "The unusual effectiveness of averaging in GAN training".
    """

    priority = training.extension.PRIORITY_EDITOR

    def __init__(self, gen: Generator, decay: float):
        self._gen = gen
        self._decay = decay
        self.average: Generator = gen.copy("copy")

    def __call__(self, trainer: training.Trainer) -> None:
        """Move the average one step."""
        for mine, its in zip(self.average.params(), self._gen.params()):
            mine.array += (1 - self._decay) * (its.array - mine.array)
        own = dict(self.average.namedlinks())
        for name, link in self._gen.namedlinks():
            for key in link._persistent:
                value = getattr(link, key)
                setattr(own[name], key, value.copy() if hasattr(value, "copy") else value)

    def serialize(self, serializer) -> None:
        """Save or restore the average."""
        self.average.serialize(serializer["average"])
