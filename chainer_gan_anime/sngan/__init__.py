"""SN-GAN (Miyato et al. 2018): spectral normalisation of every layer of D."""

from chainer_gan_anime.common import net
from chainer_gan_anime.common.algorithm import Algorithm
from chainer_gan_anime.sngan.updater import Updater

ALGORITHM = Algorithm(
    updater=Updater,
    options=("power_iteration",),
    discriminators={
        "A": net.ArticleDiscriminator,
        "B": net.DCGANDiscriminator,
        "paper": net.PaperDiscriminator,
    },
    normalisation="spectral",
    presets={
        "article": dict(
            adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.999, power_iteration="update"
        ),
        "upstream": dict(
            adam_alpha=2e-4,
            adam_beta1=0.5,
            adam_beta2=0.999,
            fresh_fakes=True,
            power_iteration="forward",
        ),
        "paper": dict(
            adam_alpha=2e-4,
            adam_beta1=0.5,
            adam_beta2=0.999,
            fresh_fakes=True,
            power_iteration="update",
        ),
    },
)
