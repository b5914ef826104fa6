import chainer
import chainer.links as L
import numpy as np
import pytest

from chainer_gan_anime.common.spectral_norm import SpectralNormalization
from chainer_gan_anime.runs import npz


@pytest.fixture
def net(rng):
    chain = chainer.Chain()
    with chain.init_scope():
        chain.c = L.Convolution2D(3, 8, 4, 2, 1, initialW=chainer.initializers.Normal(1, rng=rng))
    chain.c.add_hook(SpectralNormalization(rng))
    return chain


@pytest.fixture
def x(rng):
    return rng.normal(size=(2, 3, 8, 8)).astype("f")


def test_after_many_passes_the_weight_in_use_has_singular_value_one(net, x):
    for _ in range(200):
        net.c(x)
    true_sigma = np.linalg.svd(net.c.W.array.reshape(8, -1))[1][0]
    normalised = net.c(x).array
    net.c.delete_hook("SpectralNormalization")
    net.c.W.array /= true_sigma
    np.testing.assert_allclose(normalised, net.c(x).array, rtol=1e-4, atol=1e-5)


def test_one_pass_is_one_power_iteration(net, x):
    u, matrix = net.c.W_u.copy(), net.c.W.array.reshape(8, -1)
    v = u @ matrix
    v /= np.linalg.norm(v)
    u = matrix @ v
    u /= np.linalg.norm(u)
    net.c(x)
    np.testing.assert_allclose(net.c.W_u, u, rtol=1e-5)


@pytest.mark.parametrize("key, value", [("train", False), ("in_recomputing", True)])
def test_u_rests_in_evaluation_and_in_the_generators_step(net, x, key, value):
    before = net.c.W_u.copy()
    with chainer.using_config(key, value):
        still = net.c(x).array
    np.testing.assert_array_equal(net.c.W_u, before)
    np.testing.assert_array_equal(net.c(x).array, still)  # the same sigma, and u moves now
    assert not np.array_equal(net.c.W_u, before)


def test_sigma_is_differentiated_through_the_weight(net, x):
    # d(W / sigma(W)) is orthogonal to W: scaling W changes nothing.
    y = net.c(x)
    y.grad = np.ones_like(y.array)
    net.cleargrads()
    y.backward()
    assert abs((net.c.W.grad * net.c.W.array).sum()) < 1e-4 * np.abs(net.c.W.grad).sum()


def test_u_is_saved_with_the_model(net, x, tmp_path, rng):
    for _ in range(3):
        net.c(x)
    npz.save(tmp_path / "net.npz", net)
    moved = net.c.W_u.copy()
    net.c.W_u[:] = rng.normal(size=8)
    npz.load(tmp_path / "net.npz", net)
    np.testing.assert_array_equal(net.c.W_u, moved)
