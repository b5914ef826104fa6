"""WGAN-GP: a critic's step and a penalty on its gradient between real and generated images."""

from __future__ import annotations

import chainer

from chainer_gan_anime.common.losses import gradient_at, gradient_penalty
from chainer_gan_anime.common.noise import draw_mix
from chainer_gan_anime.common.updater import GANUpdater


class Updater(GANUpdater):
    """WGAN-GP's step; see :class:`GANUpdater` for the other arguments.

    Args:
        loss: The critic's difference of means by default, ``'wasserstein'``.
        lam: Weight of the gradient penalty, the paper's lambda.

    Reports loss_gp beside the others.

    Source: Gulrajani et al. 2017, algorithm 1; upstream's wgan_gp/updater.py.
    """

    def __init__(self, *, loss: str = "wasserstein", lam: float = 10.0, **kwargs):
        self.lam = lam
        super().__init__(loss=loss, **kwargs)

    def draw_mix(self, x_real):
        """Return U[0, 1), float32 (B, 1, 1, 1), one number per image, on its device."""
        return draw_mix(self.rng, x_real, self.workers)

    def penalty(self, x_real, x_fake) -> chainer.Variable:
        """Return lam * mean((|grad of the critic at x^| - 1)^2), x^ = e x + (1 - e) G(z)."""
        e = self.draw_mix(x_real)
        x_mid = chainer.Variable(e * x_real + (1 - e) * x_fake)
        gradient = gradient_at(x_mid, self.dis(x_mid), self.dis.compute_dtype is not None)
        loss = gradient_penalty(gradient, self.lam)
        chainer.report({"loss_gp": loss})
        return loss
