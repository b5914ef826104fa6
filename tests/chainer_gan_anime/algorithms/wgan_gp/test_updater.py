import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.data.iterator import DeviceIterator


@pytest.fixture
def updater(make_settings, faces, rng):
    settings = make_settings("wgan_gp", ch=8, image_size=16)
    models = registry.make_generator(settings), registry.make_discriminator(settings)
    return registry.make_updater(settings, models, DeviceIterator(faces.images, 8, rng))


class LinearCritic(chainer.Chain):
    """D(x) = w x, whose gradient is w at every image."""

    compute_dtype = None

    def __init__(self, w):
        super().__init__()
        with self.init_scope():
            self.W = chainer.Parameter(w)

    def forward(self, x):
        return chainer.functions.matmul(chainer.functions.reshape(x, (len(x), -1)), self.W)


def test_the_penalty_of_a_linear_critic_is_that_of_its_weight(updater, rng):
    w = rng.normal(size=(3 * 16 * 16, 1)).astype("f")
    updater.dis = LinearCritic(w)
    x = rng.uniform(-1, 1, (2, 4, 3, 16, 16)).astype("f")
    penalty = updater.penalty(*x)
    norm = np.linalg.norm(w)
    assert float(penalty.array) == pytest.approx(10 * (norm - 1) ** 2, rel=1e-5)
    (gradient,) = chainer.grad([penalty], [updater.dis.W])
    np.testing.assert_allclose(gradient.array, 20 * (norm - 1) * w / norm, rtol=1e-4)


def test_it_is_taken_at_one_mix_per_image(updater, rng):
    x_real, x_fake = rng.uniform(-1, 1, (2, 4, 3, 16, 16)).astype("f")
    e = updater.draw_mix(x_real)
    assert e.shape == (4, 1, 1, 1) and e.dtype == np.float32 and len(np.unique(e)) == 4
    updater.draw_mix = lambda _: e
    seen, judge = [], updater.dis.forward
    updater.dis.forward = lambda x: seen.append(x.array) or judge(x)
    updater.penalty(x_real, x_fake)
    np.testing.assert_allclose(seen[0], e * x_real + (1 - e) * x_fake, rtol=1e-6)


def test_losses_are_the_critics_means(updater):
    x_real, x_fake = updater.next_batch(), updater.draw_fakes(8)
    means = [float(updater.dis(x).array.mean()) for x in (x_real, x_fake)]
    observation = {}
    with chainer.Reporter().scope(observation):
        updater.update_dis(x_real, x_fake)
    assert float(observation["loss_dis"].array) == pytest.approx(means[1] - means[0], abs=1e-7)
    assert {"critic_real", "critic_fake"} < set(observation)
    assert not updater.signs
