import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.evaluation.networks.resize import resize


@pytest.mark.parametrize(
    ("shape", "size"), [((64, 64), 224), ((64, 64), 299), ((64, 64), 17), ((48, 80), 33)]
)
def test_equals_pil_in_mode_f(shape, size):
    images = np.random.RandomState(0).randint(0, 256, (2, 3, *shape)).astype(np.uint8)
    resized = resize(images, size)
    assert resized.shape == (2, 3, size, size) and resized.dtype == np.float32
    for image, ours in zip(images, resized):
        for channel, our_channel in zip(image, ours):
            pil = Image.fromarray(channel.astype(np.float32))
            expected = np.asarray(pil.resize((size, size), Image.Resampling.BICUBIC))
            np.testing.assert_allclose(our_channel, expected, atol=1e-4)


def test_the_right_size_stays_as_it_is():
    images = np.random.RandomState(1).randint(0, 256, (1, 3, 8, 8)).astype(np.uint8)
    np.testing.assert_array_equal(resize(images, 8), images)


def test_shrinking_averages_where_a_pixelwise_kernel_would_pick_stripes():
    stripes = np.tile(np.array([0, 255], np.uint8), (1, 1, 64, 32))
    np.testing.assert_allclose(resize(stripes, 8)[..., 2:-2, 2:-2], 127.5, atol=2)
