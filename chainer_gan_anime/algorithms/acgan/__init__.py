"""DRAGAN with tags (Jin et al. 2017, MakeGirlsMoe): faces drawn by their hair, eyes, glasses."""

from chainer_gan_anime.algorithms import dragan
from chainer_gan_anime.algorithms.acgan.net import DISCRIMINATORS
from chainer_gan_anime.algorithms.acgan.updater import Updater
from chainer_gan_anime.algorithms.algorithm import NO_LEVERS
from chainer_gan_anime.options import Option

ALGORITHM = dragan.ALGORITHM._replace(
    title="ACGAN",
    updater=Updater,
    tagged=True,
    discriminators=DISCRIMINATORS,
    presets={
        # DRAGAN's own balance: 10 beside a loss that is weighted by the paper's 34 tags.
        # D learns tags from reals alone: else narrow nets agree on tags that nobody else sees.
        "article": {**dragan.ALGORITHM.presets["article"], "lam": 340.0, "tag_fakes": False},
        "paper": dict(adam_alpha=2e-4, adam_beta1=0.5, adam_beta2=0.999, perturb_std="scalar"),
    },
    options=(
        *dragan.ALGORITHM.options,
        Option("tag_fakes", "D learns the tags of fakes too, as published", bool),
    ),
    fixed=NO_LEVERS,
    log_keys={
        **dragan.ALGORITHM.log_keys,
        "loss_tags_gen": "G's loss of tags",
        "loss_tags_dis": "D's loss of tags, real",
    },
)
