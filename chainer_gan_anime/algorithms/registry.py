"""The registry of algorithms: a new one is a folder and a line here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import chainer

from chainer_gan_anime.algorithms import (
    acgan,
    began,
    cramer,
    dcgan,
    dfm,
    dragan,
    minibatch_discrimination,
    sngan,
    wgan_gp,
)
from chainer_gan_anime.algorithms.acgan.net import GENERATORS as TAGGED_GENERATORS
from chainer_gan_anime.algorithms.algorithm import Algorithm
from chainer_gan_anime.algorithms.levers import (
    FEATURE_DIS,
    make_feature_discriminator,
    make_levers,
)
from chainer_gan_anime.algorithms.log_keys import LOG_KEYS, LogKey
from chainer_gan_anime.common import net, net_sizes, srresnet
from chainer_gan_anime.common.feature_adversary import FeatureAdversary
from chainer_gan_anime.common.mixed_precision import use_half_precision
from chainer_gan_anime.common.random_state import make_stream
from chainer_gan_anime.common.tags import Vocabulary
from chainer_gan_anime.common.updater import GANUpdater
from chainer_gan_anime.common.workers import ALONE, Workers
from chainer_gan_anime.kernels.cuda.adam import Adam
from chainer_gan_anime.settings import Settings
from crawler.shared.errors import UserError

ALGORITHMS: dict[str, Algorithm] = {
    "dcgan": dcgan.ALGORITHM,
    "dragan": dragan.ALGORITHM,
    "sngan": sngan.ALGORITHM,
    "wgan_gp": wgan_gp.ALGORITHM,
    "cramer": cramer.ALGORITHM,
    "began": began.ALGORITHM,
    "dfm": dfm.ALGORITHM,
    "minibatch_discrimination": minibatch_discrimination.ALGORITHM,
    "acgan": acgan.ALGORITHM,
}

GENERATORS: dict[str, type[net.Generator]] = {
    "A": net.ArticleGenerator,
    "B": net.DCGANGenerator,
    "paper": net.DCGANGenerator,
    "srresnet": srresnet.SRResNetGenerator,
}


def list_log_keys(algorithm: str) -> dict[str, LogKey]:
    """Return what the log of an algorithm's run may hold, the losses first."""
    own = {
        key: LogKey(label, "loss" if key.startswith("loss_") else label)
        for key, label in ALGORITHMS[algorithm].log_keys.items()
    }
    keys = {**LOG_KEYS, **own}
    return dict(sorted(keys.items(), key=lambda item: item[1].panel != "loss"))


def make_generator(settings: Settings, vocabulary: Vocabulary | None = None) -> net.Generator:
    """Build the run's generator, on the CPU, with the seed's first weights.

    Args:
        settings: The run's settings.
        vocabulary: The tags that it draws by, if its algorithm is one of tags.
    """
    _check_sizes(settings)
    generators = TAGGED_GENERATORS if ALGORITHMS[settings.algorithm].tagged else GENERATORS
    return generators[settings.variant](
        image_size=settings.image_size,
        ch=settings.ch,
        n_hidden=settings.n_hidden,
        z_distribution=settings.z_distribution,
        rng=make_stream(settings.seed, "weights_gen"),
        **ALGORITHMS[settings.algorithm].gen_arguments,
        **_tag_arguments(settings, vocabulary),
    )


def make_discriminator(
    settings: Settings, vocabulary: Vocabulary | None = None
) -> net.Discriminator:
    """Build the run's discriminator, on the CPU; see :func:`make_generator`."""
    _check_sizes(settings)
    algorithm = ALGORITHMS[settings.algorithm]
    if settings.variant not in algorithm.discriminators:
        raise UserError(
            f"--variant {settings.variant} has no discriminator for {settings.algorithm}: take "
            f"one of {', '.join(algorithm.discriminators)}."
        )
    return algorithm.discriminators[settings.variant](
        image_size=settings.image_size,
        ch=settings.ch,
        normalisation=algorithm.normalisation,
        rng=make_stream(settings.seed, "weights_dis"),
        **_options(settings, of_dis=True),
        **_tag_arguments(settings, vocabulary),
    )


def _check_sizes(settings: Settings) -> None:
    """Refuse sizes that the variant's nets cannot be built for."""
    if settings.variant == "srresnet":
        srresnet.check_sizes(settings.image_size, settings.ch)
    else:
        net_sizes.check_sizes(settings.variant, settings.image_size, settings.ch)


def _tag_arguments(settings: Settings, vocabulary: Vocabulary | None) -> dict[str, Any]:
    """Return what the nets of an algorithm of tags take beside the others' arguments."""
    if not ALGORITHMS[settings.algorithm].tagged:
        return {}
    if vocabulary is None:
        raise UserError(
            f"--algorithm {settings.algorithm} learns from tags and {settings.dataset} came "
            "without: give a set that has them, such as sample, or --algorithm dragan."
        )
    return {"vocabulary": vocabulary}


def make_extra_models(settings: Settings) -> dict[str, chainer.Chain]:
    """Build the nets that the run has beside G and D, by name, on the CPU."""
    return {
        name: make(settings, make_stream(settings.seed, f"weights_{name}"))
        for name, make in _list_extra_models(settings).items()
    }


def _list_extra_models(settings: Settings) -> dict[str, Callable[..., chainer.Chain]]:
    """Return how each of them is built; the discriminator on features is the last."""
    extra = dict(ALGORITHMS[settings.algorithm].extra_models)
    if settings.feature_dis != "none":
        extra[FEATURE_DIS] = make_feature_discriminator
    return extra


def make_optimizer(model: chainer.Chain, alpha: float, settings: Settings) -> chainer.Optimizer:
    """Set up Adam for one of the models."""
    optimizer = Adam(alpha, settings.adam_beta1, settings.adam_beta2)
    if settings.dtype == "mixed16":
        optimizer.loss_scaling()
    return optimizer.setup(model)


def make_updater(
    settings: Settings,
    models: Sequence[chainer.Chain],
    iterator: chainer.dataset.Iterator,
    device=None,
    workers: Workers = ALONE,
) -> GANUpdater:
    """Build the run's updater.

    Args:
        settings: The run's settings.
        models: ``(gen, dis)`` and those of :func:`make_extra_models` in their order; they are
            moved to ``device``, and made to compute as the settings say.
        iterator: Gives the real images.
        device: Where to train, as :class:`GANUpdater` takes it.
        workers: Who else trains these nets.
    """
    gen, dis, *extra = models
    # The streams of the first weights have done their work; z is drawn from the training's.
    gen.rng = make_stream(settings.seed, "training")
    for model in models:
        if settings.sync_bn:
            workers.normalise_together(model)
        if settings.dtype == "mixed16":
            use_half_precision(model)
    algorithm = ALGORITHMS[settings.algorithm]
    alphas = {"opt_gen": settings.adam_alpha_gen, "opt_dis": settings.adam_alpha_dis}
    alphas |= {f"opt_{name}": settings.adam_alpha_dis for name in _list_extra_models(settings)}
    optimizers = {
        name: workers.average_gradients(make_optimizer(model, alpha, settings))
        for model, (name, alpha) in zip(models, alphas.items())
    }
    levers = make_levers(settings, gen.rng, workers)
    if settings.feature_dis != "none":
        opponent = extra.pop(), optimizers[f"opt_{FEATURE_DIS}"]
        levers["feature_adversary"] = FeatureAdversary(*opponent, gen.rng, workers)
    return algorithm.updater(
        iterator={"main": iterator},
        optimizer=optimizers,
        models=[gen, dis, *extra],
        device=device,
        n_dis=settings.n_dis,
        loss=settings.loss,
        fresh_fakes=settings.fresh_fakes,
        workers=workers,
        **levers,
        **_options(settings, of_dis=False),
    )


def _options(settings: Settings, of_dis: bool) -> dict[str, Any]:
    """Return the run's options that D's constructor takes, or those that the updater does."""
    options = ALGORITHMS[settings.algorithm].options
    return {o.name: settings.options[o.name] for o in options if o.of_dis == of_dis}
