import numpy as np
import pytest

from chainer_gan_anime.evaluation.scores.memorisation import (
    memorisation_alarm,
    memorisation_features,
    memorisation_pixels,
    nearest_distances,
    nearest_pixel_distances,
)
from chainer_gan_anime.evaluation.scores.registry import Sample


def noise(n, seed, size=8):
    return np.random.RandomState(seed).randint(0, 256, (n, 3, size, size)).astype(np.uint8)


def test_pixel_distance_is_root_mean_square_to_the_nearest():
    training = noise(5, 0)
    candidates = training[[3, 1]].copy()
    candidates[0] ^= 1  # every pixel is one off
    np.testing.assert_allclose(nearest_pixel_distances(candidates, training)[:, 0], [1, 0])


def test_a_mirrored_copy_is_a_copy():
    training = noise(5, 1)
    mirrored = nearest_pixel_distances(training[:, :, :, ::-1], training)
    np.testing.assert_array_equal(mirrored[:, 0], 0)
    upside_down = nearest_pixel_distances(training[:, :, ::-1], training)[:, 0]
    assert upside_down.min() > 10


def test_nearest_and_20th_equal_the_definition_over_several_blocks_and_views():
    random = np.random.RandomState(2)
    x, other_x, y = random.randn(1100, 3), random.randn(1100, 3), random.randn(2100, 3)
    views = [((v[:, None] - y[None]) ** 2).sum(axis=2) for v in (x, other_x)]
    expected = np.sort(np.sqrt(np.minimum(*views)), axis=1)[:, [0, 19]]
    np.testing.assert_allclose(nearest_distances([x, other_x], y), expected, rtol=1e-6)


def test_the_farthest_stands_for_the_20th_of_few():
    got = nearest_distances([np.array([[0.0]])], np.array([[1.0], [3.0], [2.0]]))
    np.testing.assert_allclose(got, [[1, 3]])


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


def test_a_blur_is_near_to_all_and_no_copy():
    random = np.random.RandomState(8)
    training, held_out = Sample(noise(300, 9)), Sample(noise(60, 10))
    grey = np.clip(128 + random.randn(60, 3, 8, 8), 0, 255).astype(np.uint8)
    floors = memorisation_pixels(training, held_out, random)
    values = memorisation_pixels(training, Sample(grey), random)
    assert values[0] < floors[1]  # by the distance alone it would be an alarm
    assert memorisation_alarm(values, floors) is None


def test_the_alarm_needs_a_small_distance_and_a_small_ratio():
    floors = (8.0, 5.1, 0.8)
    assert memorisation_alarm((5.0, 1.0, 0.59), floors) is not None
    assert memorisation_alarm((5.2, 1.0, 0.59), floors) is None
    assert memorisation_alarm((5.0, 1.0, 0.61), floors) is None


def test_a_set_of_one_image_repeated_has_no_ratio_but_zero():
    same = Sample(np.repeat(noise(1, 11), 30, axis=0))
    assert memorisation_pixels(same, same, np.random.RandomState(0)) == (0, 0, 0)
