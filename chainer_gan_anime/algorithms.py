"""The registry of algorithms: a new one is a folder and a line here."""

from __future__ import annotations

import chainer

from chainer_gan_anime import dcgan, dragan, sngan
from chainer_gan_anime.common import net
from chainer_gan_anime.common.algorithm import Algorithm
from chainer_gan_anime.common.mixed_precision import use_half_precision
from chainer_gan_anime.common.random_state import make_stream
from chainer_gan_anime.common.updater import GANUpdater
from chainer_gan_anime.common.workers import ALONE, Workers
from chainer_gan_anime.device.adam import Adam
from chainer_gan_anime.settings import Settings

ALGORITHMS: dict[str, Algorithm] = {
    "dcgan": dcgan.ALGORITHM,
    "dragan": dragan.ALGORITHM,
    "sngan": sngan.ALGORITHM,
}

GENERATORS: dict[str, type[net.Generator]] = {
    "A": net.ArticleGenerator,
    "B": net.DCGANGenerator,
    "paper": net.DCGANGenerator,
}


def make_generator(settings: Settings) -> net.Generator:
    """Build the run's generator, on the CPU, with the seed's first weights."""
    net.check_sizes(settings.variant, settings.image_size, settings.ch)
    return GENERATORS[settings.variant](
        image_size=settings.image_size,
        ch=settings.ch,
        n_hidden=settings.n_hidden,
        z_distribution=settings.z_distribution,
        rng=make_stream(settings.seed, "weights_gen"),
    )


def make_discriminator(settings: Settings) -> net.Discriminator:
    """Build the run's discriminator, on the CPU, with the seed's first weights."""
    net.check_sizes(settings.variant, settings.image_size, settings.ch)
    algorithm = ALGORITHMS[settings.algorithm]
    return algorithm.discriminators[settings.variant](
        image_size=settings.image_size,
        ch=settings.ch,
        normalisation=algorithm.normalisation,
        rng=make_stream(settings.seed, "weights_dis"),
    )


def make_optimizer(model: chainer.Chain, alpha: float, settings: Settings) -> chainer.Optimizer:
    """Set up Adam for one of the models."""
    optimizer = Adam(alpha, settings.adam_beta1, settings.adam_beta2)
    if settings.dtype == "mixed16":
        optimizer.loss_scaling()
    return optimizer.setup(model)


def make_updater(
    settings: Settings,
    models: tuple[net.Generator, net.Discriminator],
    iterator: chainer.dataset.Iterator,
    device=None,
    workers: Workers = ALONE,
) -> GANUpdater:
    """Build the run's updater.

    Args:
        settings: The run's settings.
        models: ``(gen, dis)``; they are moved to ``device``, and made to compute as the settings
            say.
        iterator: Gives the real images.
        device: Where to train, as :class:`GANUpdater` takes it.
        workers: Who else trains these nets.
    """
    gen, dis = models
    # The streams of the first weights have done their work; z is drawn from the training's.
    gen.rng = make_stream(settings.seed, "training")
    for model in models:
        if settings.sync_bn:
            workers.normalise_together(model)
        if settings.dtype == "mixed16":
            use_half_precision(model)
    opt_gen = make_optimizer(gen, settings.adam_alpha_gen, settings)
    opt_dis = make_optimizer(dis, settings.adam_alpha_dis, settings)
    algorithm = ALGORITHMS[settings.algorithm]
    return algorithm.updater(
        iterator={"main": iterator},
        optimizer={
            "opt_gen": workers.average_gradients(opt_gen),
            "opt_dis": workers.average_gradients(opt_dis),
        },
        models=[gen, dis],
        device=device,
        n_dis=settings.n_dis,
        loss=settings.loss,
        fresh_fakes=settings.fresh_fakes,
        workers=workers,
        **{name: getattr(settings, name) for name in algorithm.options},
    )
