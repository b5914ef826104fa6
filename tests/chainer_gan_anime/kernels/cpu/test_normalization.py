"""Batch normalisation with the kernels against Chainer's own."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.functions.normalization import batch_normalization

from chainer_gan_anime.kernels import cpu
from chainer_gan_anime.kernels.cpu import normalization


def draw(*shape, seed=0):
    return np.random.RandomState(seed).normal(3, 2, shape).astype(np.float32)


def derivatives(x, gamma, beta, gy):
    """Value, running statistics, gradients and gradients of the gradients' squares."""
    inputs = [chainer.Variable(a) for a in (x, gamma, beta, gy)]
    statistics = np.zeros_like(gamma), np.ones_like(gamma)
    y = F.batch_normalization(*inputs[:3], running_mean=statistics[0], running_var=statistics[1])
    first = chainer.grad([y], inputs[:3], inputs[3:], enable_double_backprop=True)
    second = chainer.grad([sum(F.sum(g * g) for g in first)], inputs[:2] + inputs[3:])
    return [*(v.array for v in (y, *first, *second)), *statistics]


@pytest.mark.parametrize("innermost", [False, True])
@pytest.mark.parametrize("shape", [(4, 3, 5, 6), (1, 2, 3, 3), (6, 40, 2, 2)])
def test_equals_chainer(shape, innermost, monkeypatch):
    # Several blocks of channels in the last shape.
    monkeypatch.setattr(normalization, "BLOCK_VALUES", 200)
    x = draw(*shape)
    if innermost:
        x = np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    arguments = x, draw(shape[1], seed=1), draw(shape[1], seed=2), draw(*shape, seed=3)
    with cpu.fast_kernels(False):
        expected = derivatives(*arguments)
    with cpu.fast_kernels():
        actual = derivatives(*arguments)
    for a, e in zip(actual, expected):
        assert a.dtype == e.dtype and a.shape == e.shape
        np.testing.assert_allclose(a, e, rtol=1e-4, atol=1e-4 * abs(e).max())


def test_fixed_statistics_equal_chainer():
    x, gamma, beta, mean = draw(4, 3, 5, 5), *(draw(3, seed=s) for s in (1, 2, 3))
    var = np.square(draw(3, seed=4))
    with cpu.fast_kernels(False):
        expected = F.fixed_batch_normalization(x, gamma, beta, mean, var).array
    with cpu.fast_kernels():
        actual = F.fixed_batch_normalization(x, gamma, beta, mean, var).array
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "shape, axis, dtype",
    [
        ((4, 6), None, np.float32),
        ((4, 3, 5, 5), (0,), np.float32),
        ((4, 3, 5, 5), None, np.float64),
    ],
)
def test_other_axes_and_dtypes_are_left_to_chainer(shape, axis, dtype):
    x = draw(*shape).astype(dtype)
    parameters = [draw(*(shape[1:] if axis else shape[1:2]), seed=s).astype(dtype) for s in (1, 2)]

    def call():
        return F.batch_normalization(x, *parameters, axis=axis).array

    with cpu.fast_kernels(False):
        expected = call()
    with cpu.fast_kernels():
        np.testing.assert_array_equal(call(), expected)


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
    with cpu.fast_kernels():
        function = batch_normalization.BatchNormalization(impl_selector=lambda *_: Shared())
        (y,) = function.apply((x, gamma, beta))
        chainer.grad([y], [x])
    assert called == ["statistics", "sums"]
