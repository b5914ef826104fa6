"""Standing statistics: batch normalisation's mean and variance that fit a generator's weights.

In training the running statistics follow the live weights; an average of the weights has
others, and drawn with the live ones its pictures lose contrast and colour.  So they are computed
anew from the generator's own batches, on a copy, before it is drawn or written.
"""

from __future__ import annotations

import chainer
import chainer.links as L
import numpy as np

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.random_state import make_stream

N_BATCHES = 16
BATCH_SIZE = 100
# Says in a generator's file over how many batches its statistics were computed.
MARKER = "standing_batches"


def standing_statistics(
    gen: Generator, rng: np.random.RandomState, n_batches: int = N_BATCHES
) -> Generator:
    """Return a copy of a generator with the statistics of its own images.

    Each layer's running mean and variance become the plain means of those of ``n_batches``
    batches of 100 latents.

    Args:
        gen: The generator, on any device; nothing in it changes.
        rng: Stream that the latents are drawn from, not the training's.
        n_batches: How many batches.

    Source: Brock et al. 2019 (BigGAN), appendix B, "standing statistics"; 16 batches as in
    BigGAN-PyTorch.
    """
    standing = gen.copy("copy")
    layers = [link for link in standing.links() if isinstance(link, L.BatchNormalization)]
    kept = [layer.decay for layer in layers]
    with (
        chainer.using_config("train", True),
        chainer.using_config("in_recomputing", False),
        chainer.no_backprop_mode(),
    ):
        for k in range(n_batches):
            for layer in layers:
                layer.decay = k / (k + 1)
                layer.alone = True  # one worker draws: it must not wait for the others
            standing(standing.device.send(standing.make_hidden(BATCH_SIZE, rng)))
    for layer, decay in zip(layers, kept):
        layer.decay = decay
    return standing


class StandingGenerator:
    """Stands for a generator in training wherever it is drawn, scored or written.

    The statistics are computed once an iteration, from the same private latents each time, and
    on a copy, so that looking changes nothing.

    Args:
        gen: The generator whose weights move.
        updater: Tells the iteration.
        seed: The run's.
        n_batches: Batches of 100 latents.
    """

    def __init__(self, gen: Generator, updater, seed: int, n_batches: int = N_BATCHES):
        self._gen = gen
        self._updater = updater
        self._seed = seed
        self._n_batches = n_batches
        self._cached: tuple[int, Generator] | None = None

    @property
    def device(self) -> chainer.backend.Device:
        """Where it computes."""
        return self._gen.device

    def current(self) -> Generator:
        """Return this iteration's copy with its own statistics."""
        iteration = self._updater.iteration
        if self._cached is None or self._cached[0] != iteration:
            rng = make_stream(self._seed, "standing")
            self._cached = iteration, standing_statistics(self._gen, rng, self._n_batches)
        return self._cached[1]

    def __call__(self, z) -> chainer.Variable:
        """Draw images, (B, 3, H, W) in [-1, 1]."""
        return self.current()(z)

    def make_hidden(self, batchsize: int, rng: np.random.RandomState) -> np.ndarray:
        """Draw latents from a stream that is not the training's."""
        return self._gen.make_hidden(batchsize, rng)

    def serialize(self, serializer) -> None:
        """Write the copy, and the marker that its statistics are its own."""
        self.current().serialize(serializer)
        serializer(MARKER, np.asarray(self._n_batches))
