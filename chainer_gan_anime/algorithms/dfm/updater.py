"""DFM: three nets that step at once; G's features are drawn to what a denoiser makes of them."""

from __future__ import annotations

import chainer
import chainer.functions as F

from chainer_gan_anime.common.noise import draw_normal
from chainer_gan_anime.common.updater import GANUpdater, set_gradients

WEIGHT = 0.03  # of the denoiser's part in G's loss
NOISE_STD = 1.0  # of what the denoiser takes out


class Updater(GANUpdater):
    """DFM's step; see :class:`GANUpdater` for the arguments, of which n_dis is 1.

    The third model is the denoiser r of D's features phi.  All three gradients are taken at the
    same weights before any of them steps.

    Reports loss_den beside the others.

    Source: Warde-Farley and Bengio 2017, section 3; upstream's dfm/updater.py.
    """

    def draw_noise(self, features):
        """Return N(0, 1) of the features' shape, float32, on their device."""
        return draw_normal(self.rng, features, self.workers)

    def update_core(self) -> None:
        """Run one iteration."""
        self._epoch_detail_before = self.epoch_detail
        (denoiser,) = self.extra
        x_real = self.next_batch()
        phi_real, y_real = self.dis(x_real)
        clean = phi_real.array
        loss_den = F.mean_squared_error(
            denoiser(clean + NOISE_STD * self.draw_noise(clean)), clean
        )
        x_fake = self.gen(self.draw_hidden(len(x_real)))
        phi_fake, y_fake = self.dis(x_fake)
        loss_gen = self.loss.gen(y_fake) + self.feature_loss(phi_fake)
        loss_dis = self.loss.dis(y_real, y_fake)
        losses = {"den": loss_den, "gen": loss_gen, "dis": loss_dis}
        for name, loss in losses.items():
            set_gradients(self.get_optimizer(f"opt_{name}"), loss)
        for name in losses:
            self.get_optimizer(f"opt_{name}").update()
        chainer.report({f"loss_{name}": loss for name, loss in losses.items()})
        chainer.report(self.watch(y_real.array, y_fake.array))

    def feature_loss(self, phi) -> chainer.Variable:
        """Return the weighted mean square of phi - r(phi), r(phi) a constant, in test mode."""
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            denoised = self.extra[0](phi.array).array
        return WEIGHT * F.mean_squared_error(phi, denoised)

    def image_loss(self, x) -> chainer.Variable:
        """Return G's loss on given images (B, 3, H, W), as the game is watched by."""
        phi, y = self.dis(x)
        return self.loss.gen(y) + self.feature_loss(phi)
