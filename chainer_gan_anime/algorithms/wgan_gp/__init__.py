"""WGAN-GP (Gulrajani et al. 2017): a critic whose gradient between real and generated is 1."""

from chainer_gan_anime.algorithms.algorithm import LAM, SINGLE_PRECISION, Algorithm
from chainer_gan_anime.algorithms.wgan_gp.updater import Updater
from chainer_gan_anime.common import net

ALGORITHM = Algorithm(
    title="WGAN-GP",
    updater=Updater,
    discriminators={
        "A": net.ArticleDiscriminator,
        "B": net.WGANDiscriminator,
        "paper": net.PaperDiscriminator,
    },
    normalisation="none",
    presets={
        # The article trains no WGAN-GP: its nets, length and step sizes, the paper's n_dis.
        "article": dict(
            loss="wasserstein", adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.999, n_dis=5
        ),
        "upstream": dict(
            loss="wasserstein", adam_alpha=2e-4, adam_beta1=0.0, adam_beta2=0.9, n_dis=5
        ),
        "paper": dict(
            loss="wasserstein", adam_alpha=1e-4, adam_beta1=0.0, adam_beta2=0.9, n_dis=5
        ),
    },
    fixed=SINGLE_PRECISION,
    options=(LAM,),
    log_keys={"loss_gp": "gradient penalty"},
)
