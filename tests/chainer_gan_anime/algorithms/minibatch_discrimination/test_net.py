import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.algorithms.minibatch_discrimination.net import closeness
from chainer_gan_anime.common.workers import Workers
from chainer_gan_anime.data.iterator import DeviceIterator
from crawler.shared.errors import UserError


def test_closeness_against_a_double_loop(rng):
    m = rng.normal(size=(5, 4, 3))
    expected = np.zeros((5, 4))
    for i in range(5):
        for j in range(5):
            if i != j:
                expected[i] += np.exp(-np.abs(m[i] - m[j]).sum(axis=1))
    np.testing.assert_allclose(closeness(m).array, expected, rtol=1e-9, atol=1e-12)


def test_closeness_goes_with_its_image(rng):
    m, order = rng.normal(size=(6, 4, 3)), rng.permutation(6)
    np.testing.assert_allclose(closeness(m[order]).array, closeness(m).array[order], rtol=1e-9)


def test_equal_images_are_as_close_as_can_be():
    np.testing.assert_array_equal(closeness(np.ones((7, 4, 3), "f")).array, np.full((7, 4), 6))


def test_d_sees_the_batch(make_settings, rng):
    dis = registry.make_discriminator(make_settings("minibatch_discrimination", ch=8))
    x = rng.uniform(-1, 1, (4, 3, 16, 16)).astype("f")
    dis.l4.W.array[:, : np.prod(dis.feature_shape)] = 0  # closeness alone
    y = dis(x).array
    np.testing.assert_allclose(dis(np.repeat(x[:1], 4, axis=0)).array, y.max(), atol=1)
    assert np.ptp(dis(np.repeat(x[:1], 4, axis=0)).array) < 1e-5 < np.ptp(y)


def test_variant_b_has_upstreams_names_and_never_calls_the_last_normalisation(make_settings, rng):
    settings = make_settings("minibatch_discrimination", "upstream", ch=8, image_size=32)
    dis = registry.make_discriminator(settings)
    assert dis.md.W.shape == (500, 4 * 4 * 8) and dis.l4.W.shape == (1, 4 * 4 * 8 + 100)
    mean = dis.bn3_0.avg_mean.copy()
    dis(rng.uniform(-1, 1, (4, 3, 32, 32)).astype("f"))
    np.testing.assert_array_equal(dis.bn3_0.avg_mean, mean)
    assert dis.bn2_1.avg_mean.any()


def test_several_workers_are_refused(make_settings, faces, rng):
    class Two(Workers):
        size = 2

    settings = make_settings("minibatch_discrimination", ch=8)
    models = registry.make_generator(settings), registry.make_discriminator(settings)
    images = DeviceIterator(faces.images, 8, rng)
    with pytest.raises(UserError, match="compares all images of a batch"):
        registry.make_updater(settings, models, images, workers=Two())
