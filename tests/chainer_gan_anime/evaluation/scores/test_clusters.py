import numpy as np
import pytest

from chainer_gan_anime.evaluation.scores.clusters import clusters_hit, k_means, nearest
from chainer_gan_anime.evaluation.scores.registry import Sample


def sample(features):
    return Sample(np.zeros((len(features), 3, 1, 1), np.uint8), features.astype(np.float32))


@pytest.fixture
def modes():
    return np.random.RandomState(0).randn(10, 6) * 50


def draw(modes, n, random):
    return modes[np.arange(n) % len(modes)] + random.randn(n, modes.shape[1])


def test_k_means_finds_separate_modes(modes):
    x = draw(modes, 200, np.random.RandomState(1))
    centres = k_means(x, 10, np.random.RandomState(2))
    index, distance = nearest(modes, centres)
    assert sorted(index) == list(range(10))
    np.testing.assert_allclose(centres[index[3]], x[3::10].mean(axis=0))
    assert distance.max() < 6


def test_fewer_different_rows_than_centres():
    centres = k_means(np.ones((20, 3)), 4, np.random.RandomState(0))
    np.testing.assert_array_equal(centres, 1)


def test_half_the_modes_hit_half_the_clusters(modes):
    random = np.random.RandomState(3)
    real = sample(draw(modes, 100, random))
    assert clusters_hit(real, sample(draw(modes, 60, random)), random) == (1.0,)
    assert clusters_hit(real, sample(draw(modes[:5], 60, random)), random) == (0.5,)


def test_the_cluster_of_an_odd_picture_does_not_count(modes):
    random = np.random.RandomState(4)
    features = draw(modes[:9], 100, random)
    features[50] += 1e4
    real = sample(features)
    centres = k_means(features, 10, np.random.RandomState(5))
    assert np.abs(centres).max() > 9e3  # it has a cluster of its own
    fake = sample(draw(modes[:9], 60, random))
    assert clusters_hit(real, fake, np.random.RandomState(5)) == (1.0,)
