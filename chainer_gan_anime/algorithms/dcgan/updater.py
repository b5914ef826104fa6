"""DCGAN: the plain step, with a discriminator that normalises over the batch."""

from __future__ import annotations

import chainer

from chainer_gan_anime.common.updater import GANUpdater


class Updater(GANUpdater):
    """DCGAN's step; see :class:`GANUpdater` for the arguments.

    Source: Radford et al. 2015; order of the steps as in upstream's dcgan/updater.py.
    """

    def judge(self, x_real, x_fake) -> tuple[chainer.Variable, chainer.Variable]:
        """Return D's logits, (B, 1) each, of two passes.

        Batch normalisation must see reals and fakes apart, as in upstream.
        """
        return self.dis(x_real), self.dis(x_fake)
