"""Batch normalisation by oneDNN against Chainer's own, and its statistics against float64's."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions.normalization import batch_normalization

from chainer_gan_anime.kernels import onednn
from chainer_gan_anime.kernels.onednn import normalization
from tests.chainer_gan_anime.kernels.onednn.derivatives import assert_close, draw


def derivatives(x, gamma, beta, gy):
    """Value, gradients, gradients of the gradients' squares, running statistics."""
    inputs = [chainer.Variable(a) for a in (x, gamma, beta, gy)]
    statistics = np.zeros_like(gamma), np.ones_like(gamma)
    y = F.batch_normalization(*inputs[:3], running_mean=statistics[0], running_var=statistics[1])
    first = chainer.grad([y], inputs[:3], inputs[3:], enable_double_backprop=True)
    second = chainer.grad([sum(F.sum(g * g) for g in first)], inputs[:2] + inputs[3:])
    return [*(v.array for v in (y, *first, *second)), *statistics]


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("shape", [(4, 3, 5, 6), (2, 1, 3, 3), (6, 40, 2, 2), (3, 64, 16, 16)])
def test_equals_chainer(shape, channels_last, poisoned):
    x = 2 * draw(*shape, channels_last=channels_last) + 3
    arguments = x, draw(shape[1], seed=1), draw(shape[1], seed=2), draw(*shape, seed=3)
    expected = derivatives(*arguments)
    with onednn.fast_kernels():
        actual = derivatives(*arguments)
    assert_close(actual, expected, 1e-4)
    assert_close(actual[:4], expected[:4], 1e-5)


@pytest.mark.parametrize("mean, std", [(0, 1), (3, 1), (-50, 0.5), (0.1, 100)])
@pytest.mark.parametrize("c", [3, 32, 48, 8192])
def test_statistics_are_exact(c, mean, std):
    """Within 1e-7 deviations, or the rounding of a mean that is far larger than these."""
    x = (mean + std * draw(max(200_000 // c, 1) // 4 + 2, c, 2, 2, channels_last=True)).astype("f")
    exact = x.astype(np.float64)
    axes = 0, 2, 3
    found_mean, found_var = normalization.mean_and_variance(x)
    error = abs(found_mean - exact.mean(axes)) / exact.std(axes)
    assert error.max() < 1e-7 + 1e-7 * abs(mean) / std
    np.testing.assert_allclose(found_var, exact.var(axes), rtol=5e-7)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 4200, 2, 2), (100, 3, 64, 64)])
def test_sums_by_channel_equal_float64s(shape):
    x = draw(*shape)
    with onednn.fast_kernels():
        total = F.sum(x, axis=(0, 2, 3)).array
    assert total.dtype == np.float32 and total.shape == (shape[1],)
    np.testing.assert_allclose(total, x.sum((0, 2, 3), dtype=np.float64), rtol=1e-6, atol=1e-3)


def test_fixed_statistics_equal_chainer():
    x, gamma, beta, mean = draw(4, 3, 5, 5), *(draw(3, seed=s) for s in (1, 2, 3))
    var = np.square(draw(3, seed=4))
    expected = F.fixed_batch_normalization(x, gamma, beta, mean, var).array
    with onednn.fast_kernels():
        actual = F.fixed_batch_normalization(x, gamma, beta, mean, var).array
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


def test_an_implementation_that_shares_sums_keeps_its_part():
    """As ChainerMN's: statistics and the sums of gradients go through its methods."""
    called = []

    class Shared(batch_normalization.GeneralBatchNormalizationImpl):
        def get_mean_and_var(self, *args):
            called.append("statistics")
            return super().get_mean_and_var(*args)

        def get_ggamma_and_gbeta(self, *args):
            called.append("sums")
            return super().get_ggamma_and_gbeta(*args)

    x = chainer.Variable(draw(4, 3, 5, 5))
    gamma, beta = draw(3, seed=1), draw(3, seed=2)
    with onednn.fast_kernels():
        function = batch_normalization.BatchNormalization(impl_selector=lambda *_: Shared())
        (y,) = function.apply((x, gamma, beta))
        chainer.grad([y], [x])
    assert called == ["statistics", "sums"]
