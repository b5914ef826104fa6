import numpy as np
import pytest

from chainer_gan_anime.evaluation.networks.resize import resize
from chainer_gan_anime.evaluation.scores.kid import halved, kernel_distance


def plain_kid(x, y):
    """The unbiased estimate over whole sets, term by term."""
    d = x.shape[1]

    def k(a, b):
        return (float(a @ b) / d + 1) ** 3

    n, m = len(x), len(y)
    xx = sum(k(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    yy = sum(k(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    xy = sum(k(a, b) for a in x for b in y) / (n * m)
    return xx + yy - 2 * xy


def test_equals_the_formula_when_a_subset_is_everything():
    rng = np.random.RandomState(0)
    x, y = rng.randn(17, 3), rng.randn(17, 3) + 0.5
    mean, std = kernel_distance(x, y, rng, n_subsets=3)
    assert mean == pytest.approx(plain_kid(x, y), rel=1e-10)
    assert std is None  # all subsets are alike: no spread to speak of
    assert kernel_distance(x, y, rng, n_subsets=3, max_subset_size=16)[1] > 0
    assert kernel_distance(x, y[:16], rng, n_subsets=3)[1] > 0


def test_equals_the_mean_over_its_subsets():
    rng = np.random.RandomState(1)
    # more rows than a block of the kernel matrix, so that blocks must join
    x, y = rng.randn(600, 4), rng.randn(520, 4) * 1.5
    mean, std = kernel_distance(x, y, np.random.RandomState(5), n_subsets=4, max_subset_size=30)
    random = np.random.RandomState(5)
    real = [x[random.permutation(600)[:30]] for _ in range(4)]
    fake = [y[random.permutation(520)[:30]] for _ in range(4)]
    plain = [plain_kid(a, b) for a, b in zip(real, fake)]
    assert mean == pytest.approx(np.mean(plain), rel=1e-9)
    assert std == pytest.approx(np.std(plain), rel=1e-9)


def test_two_draws_of_one_distribution_are_nothing_apart_at_any_count():
    rng = np.random.RandomState(2)
    for n in (200, 1500):
        mean, std = kernel_distance(rng.randn(n, 64), rng.randn(n, 64), rng)
        assert abs(mean) < 0.02
        moved, _ = kernel_distance(rng.randn(n, 64), rng.randn(n, 64) + 0.5, rng)
        assert moved > 0.2


def test_float32_features_are_summed_in_double():
    rng = np.random.RandomState(3)
    x = rng.randn(40, 8).astype(np.float32) * 100
    y = rng.randn(40, 8).astype(np.float32) * 100
    exact = plain_kid(x.astype(np.float64), y.astype(np.float64))
    assert kernel_distance(x, y, rng, n_subsets=1)[0] == pytest.approx(exact, rel=1e-9)


def test_halved_is_antialiased_and_rounded(rng):
    images = rng.randint(0, 256, (600, 3, 8, 8)).astype(np.uint8)  # more than a block
    expected = resize(images, 4).round().clip(0, 255)
    np.testing.assert_array_equal(halved(images), expected)
    assert halved(images).dtype == np.uint8
    stripes = np.tile(np.array([0, 255], np.uint8), (1, 3, 8, 4))
    assert np.ptp(halved(stripes)[..., 1:-1].astype(int)) < 10
