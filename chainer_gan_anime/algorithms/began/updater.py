"""BEGAN: D tells reals from fakes by how well it rebuilds them, and k keeps the two in balance."""

from __future__ import annotations

import chainer
import chainer.functions as F

from chainer_gan_anime.common.losses import Loss
from chainer_gan_anime.common.updater import GANUpdater, apply_gradients

K_STEP = 0.001  # the paper's lambda_k


def autoencoder_loss(error_real, error_fake, k) -> chainer.Variable:
    """D's loss: mean L(x) - k * mean L(G(z)), from errors (B, 1)."""
    return F.average(error_real) - F.average(error_fake) * k


class Updater(GANUpdater):
    """BEGAN's step; see :class:`GANUpdater` for the other arguments.

    Args:
        gamma: What the error of generated images is held at, as a share of that of real ones;
            lower is less varied.

    Reports beside the losses the mean errors (error_real, error_fake), kt, which is saved with
    the run, and measure = L(x) + |gamma L(x) - L(G(z))|, which falls as training converges.

    Source: Berthelot et al. 2017, section 3.4; upstream's began/updater.py.
    """

    own_loss = Loss(autoencoder_loss, F.average, signs=False)

    def __init__(self, *, gamma: float = 0.5, **kwargs):
        self.gamma = gamma
        super().__init__(**kwargs)
        self.scalars["kt"] = 0.0

    def update_dis(self, x_real, x_fake) -> None:
        """Make D's step on arrays (B, 3, H, W) with the k of before, and then move k."""
        error_real, error_fake = self.judge(x_real, x_fake)
        loss = self.loss.dis(error_real, error_fake, self.scalars["kt"])
        means = self.move_balance(error_real.array, error_fake.array)
        chainer.report({"loss_dis": loss, **means})
        apply_gradients(self.get_optimizer("opt_dis"), loss)

    def move_balance(self, error_real, error_fake) -> dict:
        """Move k by the workers' mean errors, and return what is reported of the balance.

        Args:
            error_real: Errors of real images, an array (B, 1).
            error_fake: Errors of generated images, likewise.
        """
        xp = self.dis.xp
        real, fake = self.workers.mean(xp.stack([error_real.mean(), error_fake.mean()]))
        short = self.gamma * real - fake
        # An array that stays where it is: to read it would wait for the device.
        self.scalars["kt"] = xp.clip(self.scalars["kt"] + K_STEP * short, 0, 1)
        return {
            "error_real": real,
            "error_fake": fake,
            "kt": self.scalars["kt"],
            "measure": real + abs(short),
        }
