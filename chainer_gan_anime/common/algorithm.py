"""Algorithm: what the registry knows of one GAN."""

from __future__ import annotations

from typing import Any, NamedTuple

from chainer_gan_anime.common.net import Discriminator
from chainer_gan_anime.common.updater import GANUpdater


class Algorithm(NamedTuple):
    """One entry of :data:`chainer_gan_anime.algorithms.ALGORITHMS`.

    Attributes:
        updater: Class of the training step.
        options: Names of the settings that this updater takes beside the shared ones.
        discriminators: Class of D by variant.
        normalisation: D's normalisation: ``'none'``, ``'spectral'`` or ``'batch'``.
        presets: The constants in which the algorithm differs from the preset's shared row.
    """

    updater: type[GANUpdater]
    options: tuple[str, ...]
    discriminators: dict[str, type[Discriminator]]
    normalisation: str
    presets: dict[str, dict[str, Any]]
