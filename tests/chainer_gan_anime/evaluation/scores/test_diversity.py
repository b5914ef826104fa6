import numpy as np
import pytest

from chainer_gan_anime.evaluation.scores.diversity import (
    birthday,
    feature_diversity,
    mean_distance,
    narrow_alarm,
    smallest_distance,
)
from chainer_gan_anime.evaluation.scores.registry import Sample


def sample(features):
    return Sample(np.zeros((len(features), 3, 1, 1), np.uint8), features.astype(np.float32))


def test_distances_equal_the_definition():
    x = np.random.RandomState(0).randn(1200, 3)
    d = np.sqrt(((x[:, None] - x[None]) ** 2).sum(axis=2))
    assert mean_distance(x) == pytest.approx(d.sum() / (1200 * 1199), rel=1e-9)
    assert smallest_distance(x) == pytest.approx(d[d > 0].min(), rel=1e-6)


def test_two_points():
    assert mean_distance(np.array([[0.0, 0.0], [3.0, 4.0]])) == 5
    assert smallest_distance(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0]])) == 0


def test_half_the_spread_is_half_the_diversity():
    x = np.random.RandomState(1).randn(200, 8)
    random = np.random.RandomState(0)
    assert feature_diversity(sample(x), sample(x / 2 + 7), random)[0] == pytest.approx(0.5, 1e-5)


def test_few_faces_over_and_over_trip_the_alarm():
    random = np.random.RandomState(3)
    real = sample(random.randn(300, 8))
    floor = feature_diversity(real, sample(random.randn(300, 8)), random)
    few = random.randn(1, 8) + random.randn(300, 8) * [1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.1]
    assert (
        narrow_alarm(feature_diversity(real, sample(random.randn(300, 8)), random), floor) is None
    )
    message = narrow_alarm(feature_diversity(real, sample(few), random), floor)
    assert "few faces over and over" in message


def test_the_alarm_compares_with_real_images():
    assert narrow_alarm((0.69,), (1.0,)) and narrow_alarm((0.71,), (1.0,)) is None
    assert narrow_alarm((0.36,), (0.5,)) is None


def test_birthday_sees_a_small_support():
    random = np.random.RandomState(2)
    real = sample(random.randn(1000, 16))
    wide = sample(random.randn(1000, 16))
    narrow = sample(random.randn(1000, 16)[random.randint(1000, size=1000)])  # repeats happen
    assert birthday(real, wide, random)[0] > 0.1
    assert birthday(real, narrow, random)[0] < 0.02
