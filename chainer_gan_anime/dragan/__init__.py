"""DRAGAN (Kodali et al. 2017): a gradient penalty around the data."""

from chainer_gan_anime.common import net
from chainer_gan_anime.common.algorithm import Algorithm
from chainer_gan_anime.dragan.updater import Updater

ALGORITHM = Algorithm(
    updater=Updater,
    options=("lam", "perturb_std"),
    discriminators={
        "A": net.ArticleDiscriminator,
        "B": net.WGANDiscriminator,
        "paper": net.PaperDiscriminator,
    },
    normalisation="none",
    presets={
        "article": dict(
            adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.999, lam=10.0, perturb_std="pixel"
        ),
        "upstream": dict(
            adam_alpha=1e-4,
            adam_beta1=0.0,
            adam_beta2=0.9,
            n_dis=2,
            lam=10.0,
            perturb_std="pixel",
        ),
        "paper": dict(
            adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.9, lam=10.0, perturb_std="scalar"
        ),
    },
)
