"""SN-GAN: the plain step on a spectrally normalised D; the difference is when u moves."""

from __future__ import annotations

import chainer

from chainer_gan_anime.common.updater import GANUpdater


class Updater(GANUpdater):
    """SN-GAN's step; see :class:`GANUpdater` for the other arguments.

    Args:
        power_iteration: ``'update'``: u moves once per step of D, which judges reals and fakes
            in one pass.  ``'forward'``: u moves at each of the three passes of an iteration,
            G's step included, as in upstream's stdgan on the SN discriminator; then reals and
            fakes see slightly different weights.

    Source: Miyato et al. 2018, algorithm 1; upstream's stdgan/updater.py.
    """

    def __init__(self, *, power_iteration: str = "update", **kwargs):
        self.power_iteration = power_iteration
        super().__init__(**kwargs)

    def judge_for_gen(self, x_fake) -> chainer.Variable:
        """Return D's logits (B, 1) in G's step."""
        if self.power_iteration == "forward":
            return self.dis(x_fake)
        return super().judge_for_gen(x_fake)

    def judge(self, x_real, x_fake) -> tuple[chainer.Variable, chainer.Variable]:
        """Return D's logits of reals and fakes, (B, 1) each."""
        if self.power_iteration == "forward":
            return self.dis(x_real), self.dis(x_fake)
        return super().judge(x_real, x_fake)
