"""Cramér GAN (Bellemare et al. 2017): the energy distance between embeddings of images."""

from chainer_gan_anime.algorithms.algorithm import LAM, NO_LEVERS, SINGLE_PRECISION, Algorithm
from chainer_gan_anime.algorithms.cramer.updater import Updater
from chainer_gan_anime.common import net
from chainer_gan_anime.options import Option

ALGORITHM = Algorithm(
    title="Cramér GAN",
    updater=Updater,
    discriminators={
        "A": net.ArticleDiscriminator,
        "B": net.WGANDiscriminator,
        "paper": net.PaperDiscriminator,
    },
    normalisation="none",
    presets={
        # The article trains no Cramér GAN: its nets, length and step sizes, the paper's step.
        "article": dict(
            adam_alpha=1e-4,
            adam_beta1=0.5,
            adam_beta2=0.999,
            n_dis=5,
            penalty_gradient="full",
        ),
        "upstream": dict(adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.9, n_dis=5),
        "paper": dict(
            adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.9, n_dis=5, penalty_gradient="full"
        ),
    },
    options=(
        LAM,
        Option("output_dim", "size of an embedding", int, low=1, default=256, of_dis=True),
        Option(
            "penalty_gradient",
            "D learns from all of the penalty, or (upstream) with the critic's slope held",
            str,
            ("full", "detached"),
        ),
    ),
    fixed={**SINGLE_PRECISION, **NO_LEVERS},
    log_keys={"loss_gp": "gradient penalty"},
)
