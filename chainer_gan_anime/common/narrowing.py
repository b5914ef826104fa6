"""Narrowing: a generator whose plain latents draw what the steadiest of its latents drew.

What :mod:`chainer_gan_anime.common.steadiness` does to latents is done to the weights instead, so
that training can go on from there: G begins with few broken faces, and D asks for the variety
that is missing.
"""

from __future__ import annotations

import math
import statistics

import chainer
import chainer.links as L
import numpy as np

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.standing import standing_statistics
from chainer_gan_anime.common.steadiness import find_steady_direction, spread

N_BATCHES = 40
BATCH_SIZE = 100
_NORMAL = statistics.NormalDist()


def narrow_to_steady(gen: Generator, share: float, seed: int = 0) -> None:
    """Change a generator's weights so that it draws as from the steadiest share of its latents.

    A latent's component along the steady direction gets the mean and the deviation that it has
    among the share, which is linear in the latent and goes into the first layer's weights.  The
    distributions that the batch normalisations see become narrower; their gammas and betas make
    up for what normalising would undo, so that the images are the moved latents' also in
    training.

    Args:
        gen: The generator, on the CPU; its running statistics become those of its new images.
        share: Above 0, at most 1, which changes nothing but the statistics.
        seed: Of the latents that are drawn.
    """
    rng = np.random.RandomState(seed)
    standing = standing_statistics(gen, rng)
    direction = find_steady_direction(standing, seed)
    mean, deviation = upper_moments(share)
    mean *= spread(gen)
    z = gen.make_hidden(N_BATCHES * BATCH_SIZE, rng).reshape(N_BATCHES * BATCH_SIZE, -1)
    along = z[:, : gen.n_hidden] @ direction
    z[:, : gen.n_hidden] += np.outer(mean + (deviation - 1) * along, direction)
    seen = _statistics(standing, z)

    weight = gen.l0.W.array[:, : gen.n_hidden]
    column = weight.astype(np.float64) @ direction
    gen.l0.b.array += (mean * column).astype(np.float32)
    weight += np.outer((deviation - 1) * column, direction).astype(np.float32)
    links, standing_links = dict(gen.namedlinks()), dict(standing.namedlinks())
    for name, (new_mean, new_variance) in seen.items():
        bn, before = links[name], standing_links[name]
        deviation_before = np.sqrt(before.avg_var + bn.eps)
        bn.beta.array += bn.gamma.array * (new_mean - before.avg_mean) / deviation_before
        bn.gamma.array *= np.sqrt(new_variance + bn.eps) / deviation_before
        bn.avg_mean[...], bn.avg_var[...] = new_mean, new_variance


def upper_moments(share: float) -> tuple[float, float]:
    """Return mean and standard deviation of the largest share of standard normal numbers.

    Source: the moments of a normal distribution truncated from below.
    """
    if share == 1:
        return 0.0, 1.0
    least = _NORMAL.inv_cdf(1 - share)
    mean = _NORMAL.pdf(least) / share
    return mean, math.sqrt(1 + least * mean - mean**2)


class _Inputs(chainer.LinkHook):
    """Adds up the first two moments, by channel, of what goes into a layer."""

    name = "Inputs"

    def __init__(self):
        self.sums: dict[int, np.ndarray] = {}

    def forward_preprocess(self, args) -> None:
        if isinstance(args.link, L.BatchNormalization):
            x = chainer.as_array(args.args[0])
            axes = (0, *range(2, x.ndim))
            moments = [x.mean(axes, np.float64), np.square(x, dtype=np.float64).mean(axes)]
            self.sums[id(args.link)] = self.sums.get(id(args.link), 0) + np.stack(moments)


def _statistics(gen: Generator, z: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return mean and variance of what each normalisation is given in test mode, by its name."""
    inputs = _Inputs()
    with chainer.using_config("train", False), chainer.no_backprop_mode(), inputs:
        for start in range(0, len(z), BATCH_SIZE):
            gen(z[start : start + BATCH_SIZE])
    found = {}
    for name, link in gen.namedlinks():
        if id(link) in inputs.sums:
            mean, square = inputs.sums[id(link)] / (len(z) // BATCH_SIZE)
            found[name] = mean, square - mean**2
    return found
