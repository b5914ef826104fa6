"""Minibatch discrimination (Salimans et al. 2016): D also sees how alike a batch's images are."""

from chainer_gan_anime.algorithms.algorithm import SINGLE_PRECISION, Algorithm
from chainer_gan_anime.algorithms.minibatch_discrimination import net
from chainer_gan_anime.algorithms.minibatch_discrimination.updater import Updater

ALGORITHM = Algorithm(
    title="Minibatch discrimination",
    updater=Updater,
    discriminators={
        "A": net.ArticleMinibatchDiscriminator,
        "B": net.MinibatchDiscriminator,
        "paper": net.PaperMinibatchDiscriminator,
    },
    normalisation="batch",
    fixed=SINGLE_PRECISION,
    presets={
        # The article trains no such thing: its nets, length and step sizes.
        "article": dict(adam_alpha=1e-4, adam_beta1=0.5, adam_beta2=0.999),
        "upstream": dict(adam_alpha=1e-4, adam_beta1=0.0, adam_beta2=0.9),
        "paper": dict(adam_alpha=3e-4, adam_beta1=0.5, adam_beta2=0.999, batch_size=100),
    },
)
