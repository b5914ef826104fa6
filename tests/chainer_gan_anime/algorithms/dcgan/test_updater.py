import numpy as np

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.data.iterator import DeviceIterator


def test_reals_and_fakes_are_normalised_apart(make_settings, faces, rng):
    settings = make_settings("dcgan")
    models = registry.make_generator(settings), registry.make_discriminator(settings)
    updater = registry.make_updater(settings, models, DeviceIterator(faces.images, 8, rng))
    x_real, x_fake = updater.next_batch(), updater.draw_fakes(8)
    y_real, y_fake = updater.judge(x_real, x_fake)
    np.testing.assert_array_equal(y_real.array, updater.dis(x_real).array)
    together = updater.dis(np.concatenate([x_real, x_fake])).array
    assert np.abs(together[8:] - y_fake.array).max() > 1e-3
