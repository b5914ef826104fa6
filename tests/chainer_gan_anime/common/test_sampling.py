import numpy as np

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.sampling import generate, to_uint8


def test_to_uint8_rounds():
    x = np.array([-1.2, -1, -0.996, 0, 0.9999, 1, 1.3], "f")
    assert to_uint8(x).tolist() == [0, 0, 1, 128, 255, 255, 255]
    levels = np.arange(256)
    np.testing.assert_array_equal(to_uint8((levels / 127.5 - 1).astype("f")), levels)


def test_generate_is_in_test_mode_and_changes_nothing(make_settings, rng):
    gen = registry.make_generator(make_settings())
    z = gen.make_hidden(10, rng)
    mean = gen.bn1.avg_mean.copy()
    images = generate(gen, z, batch_size=4)
    assert images.shape == (10, 3, 16, 16) and images.dtype == np.uint8
    np.testing.assert_array_equal(gen.bn1.avg_mean, mean)
    # Running statistics: an image does not depend on its batch.
    np.testing.assert_array_equal(generate(gen, z[5:6]), images[5:6])
