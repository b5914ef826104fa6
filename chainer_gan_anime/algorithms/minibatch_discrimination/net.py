"""Discriminators that compare each image of a batch with all others."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

from chainer_gan_anime.common import net
from chainer_gan_anime.common.net import WEIGHT_STD

N_KERNELS, KERNEL_SIZE = 100, 5  # the paper's B and C


def closeness(m) -> chainer.Variable:
    """Return how close each image is to the batch's others by each kernel: o, (N, B).

    o_b(i) = sum over j of exp(-|m_ib - m_jb|_1) - 1, from m of shape (N, B, C); the 1 is the
    image itself.

    Source: Salimans et al. 2016, section 3.2.
    """
    n, n_kernels, size = m.shape
    distance = 0
    for c in range(size):  # by parts: all at once would hold N * N * B * C numbers
        part = m[:, :, c]
        ones, others = F.expand_dims(part, 0), F.expand_dims(part, 1)
        shape = (n, n, n_kernels)
        distance += F.absolute(F.broadcast_to(ones, shape) - F.broadcast_to(others, shape))
    return F.sum(F.exp(-distance), axis=0) - 1


class ComparesBatch(net.Discriminator):
    """A discriminator whose linear layer sees the closeness to the others beside its maps."""

    def __init__(self, image_size: int, ch: int, *, rng: np.random.RandomState, **arguments):
        super().__init__(image_size, ch, rng=rng, **arguments)
        w = chainer.initializers.Normal(WEIGHT_STD, rng=rng)
        n_features = int(np.prod(self.feature_shape))
        del self.l4
        with self.init_scope():
            self.md = L.Linear(n_features, N_KERNELS * KERNEL_SIZE, initialW=w)
            self.l4 = L.Linear(n_features + N_KERNELS, 1, initialW=w)

    def forward(self, x) -> chainer.Variable:
        """Judge a batch: x (B, 3, H, W) to logits (B, 1)."""
        h = F.leaky_relu(self.extract(x), self.slope)
        h = F.reshape(h, (len(x), -1))
        m = F.cast(self.md(h), self.md.W.dtype)
        o = closeness(F.reshape(m, (len(x), N_KERNELS, KERNEL_SIZE)))
        return self.conclude(F.concat([h, F.cast(o, h.dtype)]))


class ArticleMinibatchDiscriminator(ComparesBatch, net.ArticleDiscriminator):
    """Variant A's."""


class PaperMinibatchDiscriminator(ComparesBatch, net.PaperDiscriminator):
    """The SN-GAN paper's."""


class MinibatchDiscriminator(ComparesBatch, net.DCGANDiscriminator):
    """Variant B's, with upstream's parameter names.

    Upstream's last batch normalisation, bn3_0, lies in its snapshots and is never called
    (minibatch_discrimination/net.py); so here.
    """

    idle = ("bn3_0",)
