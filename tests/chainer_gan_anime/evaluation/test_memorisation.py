import numpy as np
import pytest

from chainer_gan_anime.evaluation.memorisation import (
    memorisation_alarm,
    memorisation_features,
    memorisation_pixels,
    nearest_distances,
    nearest_pixel_distances,
)
from chainer_gan_anime.evaluation.registry import Sample


def noise(n, seed, size=8):
    return np.random.RandomState(seed).randint(0, 256, (n, 3, size, size)).astype(np.uint8)


def test_pixel_distance_is_root_mean_square_to_the_nearest():
    training = noise(5, 0)
    candidates = training[[3, 1]].copy()
    candidates[0] ^= 1  # every pixel is one off
    np.testing.assert_allclose(nearest_pixel_distances(candidates, training), [1, 0])


def test_a_mirrored_copy_is_a_copy():
    training = noise(5, 1)
    np.testing.assert_array_equal(nearest_pixel_distances(training[:, :, :, ::-1], training), 0)
    upside_down = nearest_pixel_distances(training[:, :, ::-1], training)
    assert upside_down.min() > 10


def test_nearest_equals_the_definition_over_several_blocks():
    random = np.random.RandomState(2)
    x, y = random.randn(1100, 3), random.randn(2100, 3)
    expected = np.sqrt(((x[:, None] - y[None]) ** 2).sum(axis=2)).min(axis=1)
    np.testing.assert_allclose(nearest_distances(x, y), expected, rtol=1e-6)


@pytest.mark.parametrize("score", [memorisation_pixels, memorisation_features])
def test_duplicates_trip_the_alarm_and_fresh_draws_do_not(score):
    def sample(images):
        return Sample(images, images.reshape(len(images), -1).astype(np.float32))

    random = np.random.RandomState(3)
    training, held_out, fresh = sample(noise(200, 4)), sample(noise(50, 5)), sample(noise(50, 6))
    copies = sample(np.concatenate([noise(200, 4)[:30], noise(20, 7)]))  # 60 % copies
    floors = score(training, held_out, random)
    assert memorisation_alarm(score(training, fresh, random), floors) is None
    message = memorisation_alarm(score(training, copies, random), floors)
    assert "repeats its training images" in message


def test_the_alarm_compares_the_median_with_the_tenth_percentile():
    assert memorisation_alarm((5.0, 1.0), (8.0, 5.1)) is not None
    assert memorisation_alarm((5.2, 1.0), (8.0, 5.1)) is None
