import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.algorithms.cramer.updater import energy_distance, surrogate
from chainer_gan_anime.common.losses import gradient_penalty
from chainer_gan_anime.data.iterator import DeviceIterator


class TwoLayers(chainer.Chain):
    """A small D, smooth, so that differences of its values tell its gradient."""

    compute_dtype = None

    def __init__(self, rng, n_in=12, n_hidden=6, n_out=4):
        super().__init__()
        with self.init_scope():
            self.W1 = chainer.Parameter(rng.normal(size=(n_in, n_hidden)) / n_in**0.5)
            self.W2 = chainer.Parameter(rng.normal(size=(n_hidden, n_out)) / n_hidden**0.5)

    def forward(self, x):
        return F.matmul(F.tanh(F.matmul(F.reshape(x, (len(x), -1)), self.W1)), self.W2)


@pytest.fixture
def make_updater(make_settings, faces, rng):
    def make(**given):
        settings = make_settings("cramer", ch=8, output_dim=5, **given)
        models = registry.make_generator(settings), registry.make_discriminator(settings)
        return registry.make_updater(settings, models, DeviceIterator(faces.images, 8, rng))

    return make


def norm(x):
    return np.sqrt((x**2).sum(axis=1))


def test_losses_against_numpy(rng):
    r, a, b = rng.normal(size=(3, 7, 5))
    expected = (norm(r - a) + norm(r - b) - norm(a - b)).mean()
    assert float(energy_distance(r, a, b).array) == pytest.approx(expected, rel=1e-9)
    assert float(energy_distance(r, b, a).array) == pytest.approx(expected, rel=1e-9)
    expected = (norm(r - b) - norm(r) - norm(a - b) + norm(a)).mean()
    assert float(surrogate(r, a, b).array) == pytest.approx(expected, rel=1e-9)


def test_equal_embeddings_have_a_gradient():
    h = chainer.Variable(np.ones((3, 5), "f"))
    (gradient,) = chainer.grad([energy_distance(h, h + 0, h * 1)], [h])
    assert np.isfinite(gradient.array).all()


@pytest.fixture
def penalties(make_updater, rng):
    """The same small D's penalty: its value as a function, and its gradients of both kinds."""
    x_real, x_a, x_b = rng.normal(size=(3, 6, 3, 2, 2))
    e = rng.uniform(size=(6, 1, 1, 1))
    dis = TwoLayers(rng)

    def penalty(kind):
        updater = make_updater(penalty_gradient=kind)
        updater.dis, updater.draw_mix = dis, lambda _: e
        return updater.penalty(x_real, x_a, dis(x_b))

    def gradient(kind):
        parts = chainer.grad([penalty(kind)], [dis.W1, dis.W2])
        return np.concatenate([part.array.ravel() for part in parts])

    return dis, penalty, gradient


def test_the_full_gradient_of_the_penalty_is_that_of_finite_differences(penalties):
    dis, penalty, gradient = penalties
    expected, step = [], 1e-5
    for param in (dis.W1, dis.W2):
        for index in np.ndindex(param.shape):
            values = []
            for sign in (1, -2):
                param.array[index] += sign * step
                values.append(float(penalty("full").array))
            param.array[index] += step
            expected.append((values[0] - values[1]) / (2 * step))
    np.testing.assert_allclose(gradient("full"), expected, rtol=1e-4, atol=1e-6)


def test_upstreams_detached_gradient_is_of_the_same_value_and_points_elsewhere(penalties):
    _, penalty, gradient = penalties
    assert float(penalty("detached").array) == pytest.approx(
        float(penalty("full").array), rel=1e-9
    )
    full, detached = gradient("full"), gradient("detached")
    cosine = full @ detached / np.linalg.norm(full) / np.linalg.norm(detached)
    assert 0.3 < cosine < 0.9  # 1 would be no difference


def test_the_detached_penalty_against_upstreams_own_derivation(make_updater, rng):
    """d f / d h written out by hand, and carried to the image as a constant."""
    updater = make_updater(penalty_gradient="detached")
    for param in updater.dis.params():
        param.array *= 5
    x_real, x_a, x_b = rng.uniform(-1, 1, (3, 4, 3, 16, 16)).astype("f")
    e = rng.uniform(size=(4, 1, 1, 1)).astype("f")
    updater.draw_mix = lambda _: e
    h_b = updater.dis(x_b).array
    x = chainer.Variable(e * x_real + (1 - e) * x_a)
    h = updater.dis(x)
    u, v = h.array - h_b, h.array
    slope = u / norm(u)[:, None] - v / norm(v)[:, None]
    (g,) = chainer.grad([F.sum(slope * h)], [x], enable_double_backprop=True)
    expected = gradient_penalty(g, 10.0)
    seen = updater.penalty(x_real, x_a, chainer.Variable(h_b))
    params = [updater.dis.c0_0.W, updater.dis.l4.W]
    assert float(seen.array) == pytest.approx(float(expected.array), rel=1e-5)
    for mine, its in zip(chainer.grad([seen], params), chainer.grad([expected], params)):
        np.testing.assert_allclose(mine.array, its.array, rtol=1e-3, atol=1e-5)


def test_two_latents_are_drawn_in_each_round(make_updater):
    updater, drawn = make_updater(n_dis=2), []
    make_hidden = updater.gen.make_hidden
    updater.gen.make_hidden = lambda n: drawn.append(n) or make_hidden(n)
    updater.update()
    assert drawn == [8] * 4


def test_the_embedding_is_as_large_as_asked_for(make_updater):
    assert make_updater().dis.l4.W.shape[0] == 5
