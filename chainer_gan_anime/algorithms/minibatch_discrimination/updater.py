"""Minibatch discrimination: DCGAN's step on a discriminator that compares a batch's images."""

from __future__ import annotations

from chainer_gan_anime.algorithms import dcgan
from chainer_gan_anime.common.workers import ALONE, Workers
from crawler.shared.errors import UserError


class Updater(dcgan.Updater):
    """DCGAN's step; see :class:`chainer_gan_anime.common.updater.GANUpdater`.

    Raises:
        UserError: There are several workers, each of which would compare its share alone.

    Source: Salimans et al. 2016, section 3.2; upstream's minibatch_discrimination/updater.py.
    """

    def __init__(self, *, workers: Workers = ALONE, **kwargs):
        if workers.size > 1:
            raise UserError(
                "minibatch_discrimination compares all images of a batch, and several workers "
                "see their share alone: leave --communicator out."
            )
        super().__init__(workers=workers, **kwargs)
