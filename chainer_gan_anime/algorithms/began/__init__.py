"""BEGAN (Berthelot et al. 2017): an autoencoder as D, kept in balance by one number."""

from chainer_gan_anime.algorithms.algorithm import NO_LEVERS, SINGLE_PRECISION, Algorithm
from chainer_gan_anime.algorithms.began import net
from chainer_gan_anime.algorithms.began.updater import Updater
from chainer_gan_anime.options import Option

ALGORITHM = Algorithm(
    title="BEGAN",
    updater=Updater,
    discriminators={"A": net.ArticleAutoencoder, "B": net.Autoencoder},
    normalisation="none",
    presets={
        # The article trains no BEGAN: its nets, length and step sizes.
        "article": dict(adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.999),
        "upstream": dict(adam_alpha=2e-4, adam_beta1=0.0, adam_beta2=0.9),
        # The paper's constants on upstream's nets: the paper's own (ELU, nearest upsampling,
        # a step size that falls) are not here.
        "paper": dict(
            variant="B",
            n_hidden=64,
            z_distribution="uniform",
            batch_size=16,
            adam_alpha=1e-4,
            adam_beta1=0.9,
            adam_beta2=0.999,
            fresh_fakes=True,
        ),
    },
    options=(
        Option("gamma", "error of generated images asked for, as a share of the reals'", low=0),
    ),
    fixed={**SINGLE_PRECISION, **NO_LEVERS},
    gen_arguments=dict(use_bn=False),
    log_keys={
        "error_real": "D's error on real",
        "error_fake": "D's error on generated",
        "kt": "BEGAN's k",
        "measure": "BEGAN's measure of convergence",
    },
)
