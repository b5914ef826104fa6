"""DCGAN (Radford et al. 2015), the baseline that the article starts from."""

from chainer_gan_anime.algorithms.algorithm import Algorithm
from chainer_gan_anime.algorithms.dcgan.updater import Updater
from chainer_gan_anime.common import net

ALGORITHM = Algorithm(
    title="DCGAN",
    updater=Updater,
    discriminators={
        "A": net.ArticleDiscriminator,
        "B": net.DCGANDiscriminator,
        "paper": net.PaperDiscriminator,
    },
    normalisation="batch",
    presets={
        "article": dict(adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.999),
        "upstream": dict(adam_alpha=2e-4, adam_beta1=0.0, adam_beta2=0.9),
        "paper": dict(adam_alpha=2e-4, adam_beta1=0.5, adam_beta2=0.999, batch_size=128),
    },
)
