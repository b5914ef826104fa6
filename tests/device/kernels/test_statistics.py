"""Statistics in one launch against NumPy."""

import cupy
import numpy as np
import pytest

from chainer_gan_anime.kernels.cuda import statistics

x = np.random.RandomState(0).normal(3, 2, (7, 3, 4, 5)).astype(np.float32)


@pytest.mark.parametrize("axis", [0, None])
def test_standard_deviation(axis, counting):
    with counting() as seen:
        std = statistics.standard_deviation(cupy.asarray(x), axis)
    expected = x.std(axis=axis, keepdims=True, dtype=np.float64)
    assert std.shape == expected.shape
    np.testing.assert_allclose(std.get(), expected, rtol=1e-6)
    assert seen.n_launches == 1


def test_standard_deviation_of_equal_values_is_zero():
    std = statistics.standard_deviation(cupy.full((5, 2), 0.3, np.float32), 0)
    np.testing.assert_array_equal(std.get(), np.zeros((1, 2)))


@pytest.mark.parametrize("axis", [0, None])
def test_perturb(axis):
    noise = np.random.RandomState(1).uniform(0, 1, x.shape).astype(np.float32)
    std = x.std(axis=axis, keepdims=True)
    seen = statistics.perturb(*map(cupy.asarray, (x, noise, std)))
    np.testing.assert_allclose(seen.get(), x + 0.5 * noise * std, rtol=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_mean_and_share_right(sign, counting):
    y = np.array([[0.5], [-2], [3], [0]], np.float32)
    with counting() as seen:
        mean, share = statistics.mean_and_share_right(cupy.asarray(y), sign)
    assert mean.shape == share.shape == ()
    assert float(mean) == pytest.approx(0.375)
    assert float(share) == (0.5 if sign == 1 else 0.25)
    assert seen.n_launches == 1
