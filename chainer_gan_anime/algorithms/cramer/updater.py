"""Cramér GAN: the energy distance between embeddings, and a critic made of distances."""

from __future__ import annotations

import chainer
import chainer.functions as F

from chainer_gan_anime.common.losses import NORM_EPS, Loss, gradient_at, gradient_penalty
from chainer_gan_anime.common.noise import draw_mix
from chainer_gan_anime.common.updater import GANUpdater, apply_gradients


def distance(u, v) -> chainer.Variable:
    """Return |u - v|_2 of each image, (B, 1), for embeddings (B, n)."""
    return F.sqrt(F.sum((u - v) ** 2, axis=1, keepdims=True) + NORM_EPS)


def critic(h, h_b) -> chainer.Variable:
    """Return f(h) = |h - h_b| - |h| of each image, (B, 1)."""
    return distance(h, h_b) - F.sqrt(F.sum(h**2, axis=1, keepdims=True) + NORM_EPS)


def energy_distance(h_real, h_a, h_b) -> chainer.Variable:
    """G's loss: mean(|h_real - h_a| + |h_real - h_b| - |h_a - h_b|)."""
    return F.average(distance(h_real, h_a) + distance(h_real, h_b) - distance(h_a, h_b))


def surrogate(h_real, h_a, h_b) -> chainer.Variable:
    """What D makes large: mean(f(h_real) - f(h_a)), a lower bound of the energy distance."""
    return F.average(critic(h_real, h_b) - critic(h_a, h_b))


class Updater(GANUpdater):
    """Cramér GAN's step; see :class:`GANUpdater` for the other arguments.

    D embeds an image as h, (B, output_dim).  Each round draws two batches of fakes, a and b.

    Args:
        lam: Weight of the gradient penalty on f at e x + (1 - e) a, the paper's lambda.
        penalty_gradient: ``'full'``: D learns from all of the penalty.  ``'detached'``: as in
            upstream's code the slope of f with the embedding counts as a constant, which leaves
            the penalty's value and changes what D learns from it.

    Reports loss_gp beside the others; loss_dis is the surrogate, which D makes large.

    Source: Bellemare et al. 2017, algorithm 1; upstream's cramer/updater.py.
    """

    own_loss = Loss(surrogate, energy_distance, signs=False)

    def __init__(self, *, lam: float = 10.0, penalty_gradient: str = "detached", **kwargs):
        self.lam = lam
        self.penalty_gradient = penalty_gradient
        super().__init__(**kwargs)

    def draw_mix(self, x_real):
        """Return U[0, 1), float32 (B, 1, 1, 1), one number per image, on its device."""
        return draw_mix(self.rng, x_real, self.workers)

    def draw_fakes(self, batchsize: int):
        """Draw two batches of images, a and b, for D's step."""
        return super().draw_fakes(batchsize), super().draw_fakes(batchsize)

    def update_gen(self, x_real):
        """Make G's step on two batches of fakes; return both, arrays (B, 3, H, W)."""
        x_a = self.gen(self.draw_hidden(len(x_real)))
        x_b = self.gen(self.draw_hidden(len(x_real)))
        h = self.judge_for_gen(F.concat([x_real, x_a, x_b], axis=0))
        loss = self.loss.gen(*F.split_axis(h, 3, axis=0))
        apply_gradients(self.get_optimizer("opt_gen"), loss)
        chainer.report({"loss_gen": loss})
        return x_a.array, x_b.array

    def image_loss(self, x) -> chainer.Variable:
        """Return -mean f(h(x)): G's loss but for the reals, each b the next of the images."""
        h = self.dis(x)
        return -F.average(critic(h, self.dis.xp.roll(h.array, 1, axis=0)))

    def update_dis(self, x_real, x_fake) -> None:
        """Make D's step on real images and two batches of fakes, arrays (B, 3, H, W)."""
        x_a, x_b = x_fake
        h_real, h_fake = self.judge(x_real, self.dis.xp.concatenate([x_a, x_b]))
        h_a, h_b = F.split_axis(h_fake, 2, axis=0)
        loss = self.loss.dis(h_real, h_a, h_b)
        chainer.report({"loss_dis": loss, **self._watch_critic(h_real, h_a, h_b)})
        loss_gp = self.penalty(x_real, x_a, h_b)
        apply_gradients(self.get_optimizer("opt_dis"), loss_gp - loss)

    def _watch_critic(self, *embeddings) -> dict:
        h_real, h_a, h_b = (h.array for h in embeddings)
        return self.watch(critic(h_real, h_b).array, critic(h_a, h_b).array)

    def penalty(self, x_real, x_fake, h_b) -> chainer.Variable:
        """Return lam * mean((|grad of f at e x + (1 - e) a| - 1)^2).

        Args:
            x_real: Real images, an array (B, 3, H, W).
            x_fake: The first batch of fakes, a, likewise.
            h_b: Embeddings of the second, (B, output_dim).
        """
        e = self.draw_mix(x_real)
        x_mid = chainer.Variable(e * x_real + (1 - e) * x_fake)
        h_mid = self.dis(x_mid)
        if self.penalty_gradient == "full":
            f = critic(h_mid, h_b)
        else:
            h = chainer.Variable(h_mid.array)
            (slope,) = chainer.grad([F.sum(critic(h, h_b.array))], [h])
            f = slope.array * h_mid
        gradient = gradient_at(x_mid, f, self.dis.compute_dtype is not None)
        loss = gradient_penalty(gradient, self.lam)
        chainer.report({"loss_gp": loss})
        return loss
