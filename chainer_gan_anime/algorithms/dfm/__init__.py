"""DFM (Warde-Farley and Bengio 2017): G also follows a denoiser of D's features."""

from chainer_gan_anime.algorithms.algorithm import NO_LEVERS, SINGLE_PRECISION, Algorithm
from chainer_gan_anime.algorithms.dfm import net
from chainer_gan_anime.algorithms.dfm.updater import Updater

DISCRIMINATORS = {
    "A": net.ArticleFeatureDiscriminator,
    "B": net.FeatureDiscriminator,
    "paper": net.PaperFeatureDiscriminator,
}


def make_denoiser(settings, rng) -> net.Denoiser:
    """Build the denoiser of the features that the run's discriminator gives."""
    feature_shape = DISCRIMINATORS[settings.variant].shape_of_features(
        settings.image_size, settings.ch
    )
    return net.Denoiser(feature_shape, rng)


ALGORITHM = Algorithm(
    title="DFM",
    updater=Updater,
    discriminators=DISCRIMINATORS,
    normalisation="batch",
    presets={
        # The article trains no DFM: its nets, length and step sizes.
        "article": dict(adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.999),
        "upstream": dict(adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.9),
        "paper": dict(adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.999),
    },
    extra_models={"den": make_denoiser},
    fixed=dict(n_dis=1, fresh_fakes=False, **SINGLE_PRECISION, **NO_LEVERS),
    log_keys={"loss_den": "denoiser's loss"},
)
