import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.algorithms import make_discriminator
from chainer_gan_anime.settings import resolve
from chainer_gan_anime.width import scaled_alphas


def alphas(algorithm, **given):
    settings = resolve(algorithm, "x", **given)
    return settings.adam_alpha_gen, settings.adam_alpha_dis


def test_full_width_keeps_the_presets_steps():
    assert scaled_alphas(1e-4, 2e-4, 512, "none") == dict(adam_alpha_gen=1e-4, adam_alpha_dis=2e-4)
    assert alphas("dragan", scale_alpha=True) == (1e-4, 1e-4)


def test_steps_grow_as_the_net_narrows():
    assert alphas("dcgan", ch=64, scale_alpha=True) == (2.8e-4, 2.8e-4)
    # Only DRAGAN's D has nothing that takes the weights' size out again.
    assert alphas("dragan", ch=64, scale_alpha=True) == (2.8e-4, 8e-4)
    assert alphas("dcgan", ch=32, scale_alpha=True, preset="upstream") == (8e-4, 8e-4)


def test_spectral_normalisation_keeps_the_steps():
    assert alphas("sngan", ch=64, scale_alpha=True) == (1e-4, 1e-4)


def test_a_given_step_is_not_scaled():
    given = dict(ch=64, scale_alpha=True)
    assert alphas("dragan", adam_alpha_dis=3e-4, **given) == (2.8e-4, 3e-4)
    assert alphas("dragan", adam_alpha=3e-4, **given) == (3e-4, 3e-4)
    assert alphas("dragan", ch=64) == (1e-4, 1e-4)


@pytest.mark.parametrize("ch, norm", [(64, 0.00065), (256, 0.0102), (512, 0.042)])
def test_a_narrow_plain_discriminator_starts_nearly_flat(ch, norm):
    dis = make_discriminator(resolve("dragan", "x", ch=ch))
    images = np.random.RandomState(0).uniform(-1, 1, (2, 3, 64, 64)).astype(np.float32)
    x = chainer.Variable(images)
    (gradient,) = chainer.grad([F.sum(dis(x))], [x])
    assert np.sqrt((gradient.array**2).sum(axis=(1, 2, 3))).mean() == pytest.approx(norm, rel=0.3)
