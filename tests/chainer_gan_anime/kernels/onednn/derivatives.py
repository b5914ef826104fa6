"""Values and derivatives to the second order of one of Chainer's functions."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np


def draw(*shape, seed=0, channels_last=False):
    """Draws normal float32 numbers."""
    x = np.random.RandomState(seed + len(shape)).normal(size=shape).astype(np.float32)
    if channels_last:
        x = np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    return x


def derivatives(function, *arrays):
    """Returns the value, the gradients, and the gradients of their squares' sum."""
    inputs = [chainer.Variable(a) for a in arrays]
    y = function(*inputs)
    gy = chainer.Variable(draw(*y.shape, seed=7))
    first = chainer.grad([y], inputs, [gy], enable_double_backprop=True)
    second = chainer.grad([sum(F.sum(g * g) for g in first)], [*inputs, gy])
    return [v.array for v in (y, *first, *second) if v is not None]


def assert_close(actual, expected, tolerance):
    """Compares arrays, each by its own largest value."""
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected):
        assert a.dtype == e.dtype and a.shape == e.shape
        np.testing.assert_allclose(a, e, rtol=tolerance, atol=tolerance * abs(e).max())
