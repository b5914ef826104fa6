import chainer
import numpy as np
import pytest

from chainer_gan_anime.common.losses import LOSSES, gradient_penalty


def softplus(x):
    return np.log1p(np.exp(x))


@pytest.fixture
def logits(rng):
    return rng.normal(size=(6, 1)).astype("f"), rng.normal(size=(6, 1)).astype("f")


def test_softplus_losses_equal_their_formula(logits):
    real, fake = logits
    dis, gen, signs = LOSSES["softplus"]
    assert signs
    expected = softplus(-real).mean() + softplus(fake).mean()
    np.testing.assert_allclose(
        dis(chainer.Variable(real), chainer.Variable(fake)).array, expected, rtol=1e-6
    )
    np.testing.assert_allclose(
        gen(chainer.Variable(fake)).array, softplus(-fake).mean(), rtol=1e-6
    )


def test_hinge_losses_equal_their_formula(logits):
    real, fake = logits
    dis, gen, signs = LOSSES["hinge"]
    assert signs
    expected = np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + fake).mean()
    np.testing.assert_allclose(
        dis(chainer.Variable(real), chainer.Variable(fake)).array, expected, rtol=1e-6
    )
    np.testing.assert_allclose(gen(chainer.Variable(fake)).array, -fake.mean(), rtol=1e-6)


def test_wasserstein_losses_equal_their_formula(logits):
    dis, gen, signs = LOSSES["wasserstein"]
    assert not signs
    y_real, y_fake = logits
    expected = y_fake.mean() - y_real.mean()
    np.testing.assert_allclose(dis(y_real, y_fake).array, expected, rtol=1e-5)
    np.testing.assert_allclose(gen(y_fake).array, -y_fake.mean(), rtol=1e-5)


def test_gradient_penalty_equals_its_formula(rng):
    gradient = rng.normal(size=(5, 3, 4, 4)).astype("f")
    norms = np.sqrt((gradient.reshape(5, -1) ** 2).sum(1))
    penalty = gradient_penalty(chainer.Variable(gradient), 10.0).array
    np.testing.assert_allclose(penalty, 10 * ((norms - 1) ** 2).mean(), rtol=1e-5)


def test_gradient_penalty_of_a_zero_gradient_can_be_differentiated():
    gradient = chainer.Variable(np.zeros((2, 3, 4, 4), "f"))
    gradient_penalty(gradient, 10.0).backward()
    assert np.isfinite(gradient.grad).all()
