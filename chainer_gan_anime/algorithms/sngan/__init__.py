"""SN-GAN (Miyato et al. 2018): spectral normalisation of every layer of D."""

from chainer_gan_anime.algorithms.algorithm import Algorithm
from chainer_gan_anime.algorithms.sngan.updater import Updater
from chainer_gan_anime.common import net
from chainer_gan_anime.options import Option

ALGORITHM = Algorithm(
    title="SN-GAN",
    updater=Updater,
    discriminators={
        "A": net.ArticleDiscriminator,
        "B": net.DCGANDiscriminator,
        "paper": net.PaperDiscriminator,
    },
    normalisation="spectral",
    presets={
        "article": dict(adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.999),
        "upstream": dict(
            adam_alpha=2e-4,
            adam_beta1=0.5,
            adam_beta2=0.999,
            fresh_fakes=True,
            power_iteration="forward",
        ),
        # Shifted images slow D down, and larger steps of D make up for it: results/levers.
        "modern": dict(
            adam_alpha_gen=2e-4,
            adam_alpha_dis=6e-4,
            adam_beta1=0.5,
            adam_beta2=0.999,
            loss="hinge",
            augment="translation",
        ),
        "paper": dict(adam_alpha=2e-4, adam_beta1=0.5, adam_beta2=0.999, fresh_fakes=True),
    },
    options=(
        Option(
            "power_iteration",
            "u moves once per update of D, or at every forward pass",
            str,
            ("update", "forward"),
        ),
    ),
)
