"""What a run may change about any algorithm's step; nothing of it in the faithful presets."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainer_gan_anime.common.augment import Augmentation
from chainer_gan_anime.common.feature_discriminator import FeatureDiscriminator
from chainer_gan_anime.common.losses import LOSSES
from chainer_gan_anime.common.regularisers import R1, LeCam
from chainer_gan_anime.common.workers import Workers
from chainer_gan_anime.settings import Settings
from crawler.shared.errors import UserError

FEATURE_DIS = "feature_dis"  # names the net that --feature-dis adds, its files and its optimizer


def make_feature_discriminator(
    settings: Settings, rng: np.random.RandomState
) -> FeatureDiscriminator:
    """Build the discriminator that ``--feature-dis`` adds."""
    return FeatureDiscriminator(settings.feature_dis, settings.image_size, rng)


def make_levers(
    settings: Settings, rng: np.random.RandomState, workers: Workers
) -> dict[str, Any]:
    """Return the updater's arguments for what the settings turn on; none by default.

    Args:
        settings: The run's settings.
        rng: The training's stream.
        workers: Who else trains these nets.

    Raises:
        UserError: Two settings contradict each other.
    """
    levers: dict[str, Any] = {}
    if settings.augment_target and settings.augment == "none":
        raise UserError("--augment-target leads the strength of --augment: give both, or none.")
    if settings.augment_target and not LOSSES[settings.loss].signs:
        raise UserError(
            f"--augment-target reads signs, and with --loss {settings.loss} D's have no meaning: "
            "leave it out."
        )
    if settings.lecam and settings.loss == "softplus":
        raise UserError("--lecam is made for critics: give --loss hinge or wasserstein with it.")
    if settings.augment != "none":
        levers["augmentation"] = Augmentation(
            settings.augment, rng, settings.augment_target, workers
        )
    regularisers = []
    if settings.r1:
        regularisers.append(R1(settings.r1))
    if settings.lecam:
        regularisers.append(LeCam(settings.lecam, workers))
    if regularisers:
        levers["regularisers"] = regularisers
    return levers
