"""DRAGAN: the plain step and a penalty on D's gradient near real images."""

from __future__ import annotations

import chainer
import numpy as np
from chainer import backend

from chainer_gan_anime.common.losses import gradient_at, gradient_penalty
from chainer_gan_anime.common.noise import draw_uniform
from chainer_gan_anime.common.updater import GANUpdater
from chainer_gan_anime.kernels.cuda import statistics


class Updater(GANUpdater):
    """DRAGAN's step; see :class:`GANUpdater` for the other arguments.

    The step of G comes first, as in upstream.  (The article's author steps D first and then G
    through the graph of before, which in Chainer mixes old activations with new weights.)

    Args:
        lam: Weight of the gradient penalty, the paper's lambda.
        perturb_std: ``'pixel'``: the noise is scaled by the standard deviation of each pixel
            over the batch, as upstream and the author have it; where a background is constant
            the penalty then never looks.  ``'scalar'``: by the one of all values, as the
            paper's own code has it.

    Reports loss_gp beside the others.

    Source: Kodali et al. 2017, section 2.3 and algorithm 1; upstream's dragan/updater.py.
    """

    def __init__(self, *, lam: float = 10.0, perturb_std: str = "pixel", **kwargs):
        self.lam = lam
        self.perturb_std = perturb_std
        super().__init__(**kwargs)

    def perturb(self, x_real):
        """Return x + 0.5 * U[0, 1) * std for real images x, an array (B, 3, H, W)."""
        std = self.workers.std(x_real, 0 if self.perturb_std == "pixel" else None)
        noise = self.draw_noise(x_real)
        if backend.get_array_module(x_real) is np:
            return x_real + 0.5 * noise * std
        return statistics.perturb(x_real, noise, std)

    def draw_noise(self, x_real):
        """Return U[0, 1) of ``x_real``'s shape, float32, on its device."""
        return draw_uniform(self.rng, x_real, self.workers)

    def penalty(self, x_real, x_fake) -> chainer.Variable:
        """Return lam * mean((|grad of the logit at x'| - 1)^2) around real images."""
        x_perturbed = chainer.Variable(self.perturb(x_real))
        y = self.dis(x_perturbed)
        gradient = gradient_at(x_perturbed, y, self.dis.compute_dtype is not None)
        loss = gradient_penalty(gradient, self.lam)
        chainer.report({"loss_gp": loss})
        return loss
