"""README's recipe "A new algorithm", followed word for word with a throw-away algorithm."""

import json

import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.algorithms.algorithm import Algorithm
from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.common import net
from chainer_gan_anime.common.losses import Loss
from chainer_gan_anime.common.updater import GANUpdater
from chainer_gan_anime.flags import settings_for
from chainer_gan_anime.options import Option
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.training.run import Run
from crawler.shared.errors import UserError

# lsgan/net.py: a discriminator of its own


class ThinDiscriminator(net.Discriminator):
    """Two convolutions."""

    def __init__(self, image_size, ch, **arguments):
        layers = [("c0", 3, ch // 2, 4, 2), ("c1", ch // 2, ch, 4, 2)]
        super().__init__(layers, image_size, **arguments)


# lsgan/updater.py: what its step differs in


def least_squares_dis(y_real, y_fake):
    """D's loss (Mao et al. 2017)."""
    return F.average((y_real - 1) ** 2) + F.average(y_fake**2)


def least_squares_gen(y_fake):
    """G's loss."""
    return F.average((y_fake - 1) ** 2)


class Updater(GANUpdater):
    """A step with a loss of its own, and a penalty on reals and fakes."""

    own_loss = Loss(least_squares_dis, least_squares_gen, signs=False)

    def __init__(self, *, drift: float = 0.1, **kwargs):
        self.drift = drift
        super().__init__(**kwargs)

    def penalty(self, x_real, x_fake):
        """Holds D's outputs on both near 0."""
        y_real, y_fake = self.judge(x_real, x_fake)
        loss = self.drift * (F.average(y_real**2) + F.average(y_fake**2))
        chainer.report({"loss_drift": loss})
        return loss


# lsgan/__init__.py: its entry

ALGORITHM = Algorithm(
    title="LSGAN",
    updater=Updater,
    discriminators={"A": ThinDiscriminator},
    normalisation="none",
    presets={"article": dict(adam_alpha=1e-3)},
    options=(Option("drift", "weight of the penalty on D's outputs", low=0),),
    log_keys={"loss_drift": "penalty on D's outputs"},
)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """The one line of registry.py."""
    monkeypatch.setitem(registry.ALGORITHMS, "lsgan", ALGORITHM)


def test_a_run_with_its_resume_log_and_generator(make_settings, faces, tmp_path):
    def train(name, iterations):
        settings = make_settings("lsgan", iterations=iterations, drift=0.2)
        device = chainer.get_device("@numpy")
        run = Run(settings, faces, tmp_path / name, device, lambda sentence: None)
        if (tmp_path / name).exists():
            assert run.resume()
        assert run.train()
        return run

    whole = train("whole", 4)
    train("part", 2)
    part = train("part", 4)
    for mine, its in zip(whole.dis.params(), part.dis.params()):
        np.testing.assert_array_equal(mine.array, its.array)
    last = json.loads((tmp_path / "whole" / "log").read_text())[-1]
    keys = {"loss_gen", "loss_dis", "loss_drift", "critic_real", "critic_fake", "gradient_norm"}
    assert keys <= last.keys() and "accuracy_real" not in last
    assert load_generator(tmp_path / "whole")[0].count_params() == whole.gen.count_params()


def test_what_it_lacks_is_refused_in_one_sentence():
    with pytest.raises(UserError, match="--preset upstream has no row for lsgan"):
        resolve("lsgan", "x", "upstream")
    with pytest.raises(UserError, match="--loss hinge does not go with lsgan"):
        resolve("lsgan", "x", loss="hinge")
    with pytest.raises(UserError, match="--lam is no option of lsgan"):
        resolve("lsgan", "x", lam=1.0)
    with pytest.raises(UserError, match="--drift -1.0 is too small"):
        resolve("lsgan", "x", drift=-1.0)
    with pytest.raises(UserError, match="--loss own: dragan has no loss of its own"):
        resolve("dragan", "x", loss="own")


def test_its_flag_is_there():
    settings = settings_for("lsgan", "x", ["--drift", "0.3"])
    assert settings.options == {"drift": 0.3} and settings.loss == "own"
