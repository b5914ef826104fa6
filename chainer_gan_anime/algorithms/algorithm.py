"""Algorithm: what the registry knows of one GAN."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import chainer

from chainer_gan_anime.common.net import Discriminator
from chainer_gan_anime.common.updater import GANUpdater
from chainer_gan_anime.options import Option
from chainer_gan_anime.settings import Settings

# Of every gradient penalty.
LAM = Option("lam", "weight of the gradient penalty", low=0)

# For :attr:`Algorithm.fixed`, where half precision has not been measured against single.
SINGLE_PRECISION = MappingProxyType({"dtype": "float32"})

# Likewise, of steps of their own, which transform no images and add no further penalty.
NO_LEVERS = MappingProxyType({"augment": "none", "r1": 0.0, "lecam": 0.0, "feature_dis": "none"})

NONE: Mapping[str, Any] = MappingProxyType({})


class Algorithm(NamedTuple):
    """One entry of :data:`chainer_gan_anime.algorithms.registry.ALGORITHMS`.

    Attributes:
        title: The algorithm as papers write it.
        updater: Class of the training step.
        discriminators: Class of D by variant; a preset of another variant is refused.
        normalisation: D's normalisation: ``'none'``, ``'spectral'`` or ``'batch'``.
        presets: The constants in which the algorithm differs from the preset's shared row.
        options: Settings that this updater takes beside the shared ones, by keyword; their
            defaults are those of the updater's arguments.
        extra_models: Nets beside G and D by name, each built from ``(settings, rng)``; the
            updater finds them in this order as ``self.extra``, each with an optimizer
            ``opt_<name>``, and snapshots hold them.
        gen_arguments: What G's constructor is given beside the shared settings.
        fixed: Settings of which the algorithm's step leaves no choice, by name.
        log_keys: What the updater reports beside the shared keys: key, and what a reader calls
            it.  Keys that begin with ``loss_`` are losses: they are watched for being finite.
        tagged: Whether it learns from images with tags, and draws by them.
    """

    title: str
    updater: type[GANUpdater]
    discriminators: Mapping[str, type[Discriminator]]
    normalisation: str
    presets: Mapping[str, Mapping[str, Any]]
    options: tuple[Option, ...] = ()
    extra_models: Mapping[str, Callable[[Settings, Any], chainer.Chain]] = NONE
    gen_arguments: Mapping[str, Any] = NONE
    fixed: Mapping[str, Any] = NONE
    log_keys: Mapping[str, str] = NONE
    tagged: bool = False

    def option_defaults(self) -> dict[str, Any]:
        """Return the options' defaults, their own or those of the updater's arguments."""
        arguments = inspect.signature(self.updater.__init__).parameters
        return {
            option.name: arguments[option.name].default
            if option.default is None
            else option.default
            for option in self.options
        }
