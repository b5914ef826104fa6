"""DRAGAN (Kodali et al. 2017): a gradient penalty around the data."""

from chainer_gan_anime.algorithms.algorithm import LAM, Algorithm
from chainer_gan_anime.algorithms.dragan.updater import Updater
from chainer_gan_anime.common import net, srresnet
from chainer_gan_anime.options import Option

ALGORITHM = Algorithm(
    title="DRAGAN",
    updater=Updater,
    discriminators={
        "A": net.ArticleDiscriminator,
        "B": net.WGANDiscriminator,
        "paper": net.PaperDiscriminator,
        "srresnet": srresnet.SRResNetDiscriminator,
    },
    normalisation="none",
    presets={
        "article": dict(adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.999),
        "upstream": dict(adam_alpha=1e-4, adam_beta1=0.0, adam_beta2=0.9, n_dis=2),
        "modern": dict(
            adam_alpha_gen=2e-4,
            adam_alpha_dis=4e-4,
            adam_beta1=0.5,
            adam_beta2=0.999,
            perturb_std="scalar",
        ),
        "paper": dict(adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.9, perturb_std="scalar"),
    },
    options=(
        LAM,
        Option(
            "perturb_std",
            "noise scaled by the deviation per pixel, or by one scalar",
            str,
            ("pixel", "scalar"),
        ),
    ),
    log_keys={"loss_gp": "gradient penalty"},
)
