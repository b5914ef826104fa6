import numpy as np
import pytest

from chainer_gan_anime.evaluation.scores.fid import frechet_distance, mean_and_covariance


def random_covariance(rng, d):
    a = rng.randn(d, d)
    return a @ a.T


def test_known_distance_of_gaussians_with_diagonal_covariances():
    mean1, mean2 = np.array([0.0, 1.0, 2.0]), np.array([3.0, 1.0, -2.0])
    std1, std2 = np.array([1.0, 2.0, 0.5]), np.array([2.0, 2.0, 1.5])
    expected = ((mean1 - mean2) ** 2).sum() + ((std1 - std2) ** 2).sum()
    distance = frechet_distance(mean1, np.diag(std1**2), mean2, np.diag(std2**2))
    assert distance == pytest.approx(expected, rel=1e-12)


def test_equals_the_matrix_root_of_scipy():
    linalg = pytest.importorskip("scipy.linalg", reason="scipy is not installed")
    rng = np.random.RandomState(0)
    mean1, mean2 = rng.randn(2, 20)
    cov1, cov2 = random_covariance(rng, 20), random_covariance(rng, 20)
    root = linalg.sqrtm(cov1 @ cov2)
    expected = ((mean1 - mean2) ** 2).sum() + np.trace(cov1 + cov2 - 2 * root.real)
    assert frechet_distance(mean1, cov1, mean2, cov2) == pytest.approx(expected, rel=1e-8)


def test_a_set_is_nothing_apart_from_itself_even_with_fewer_images_than_features():
    statistics = mean_and_covariance(np.random.RandomState(1).randn(12, 30))
    assert frechet_distance(*statistics, *statistics) == pytest.approx(0, abs=1e-9)


def test_is_symmetric():
    rng = np.random.RandomState(2)
    a = rng.randn(10), random_covariance(rng, 10)
    b = rng.randn(10), random_covariance(rng, 10)
    assert frechet_distance(*a, *b) == pytest.approx(frechet_distance(*b, *a), rel=1e-9)


def test_statistics_equal_numpy_over_several_blocks():
    features = np.random.RandomState(3).randn(2500, 6).astype(np.float32) + 1000
    mean, covariance = mean_and_covariance(features)
    exact = features.astype(np.float64)
    assert mean.dtype == covariance.dtype == np.float64
    np.testing.assert_allclose(mean, exact.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(covariance, np.cov(exact, rowvar=False), rtol=1e-9)


def test_the_bias_that_forbids_comparing_counts():
    rng = np.random.RandomState(4)

    def floor(n):
        draws = [mean_and_covariance(rng.randn(n, 64)) for _ in range(2)]
        return frechet_distance(*draws[0], *draws[1])

    assert floor(200) > 4 * floor(2000) > 0
