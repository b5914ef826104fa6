"""oneDNN's ReLUs against Chainer's own functions."""

from __future__ import annotations

import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.kernels import onednn
from tests.chainer_gan_anime.kernels.onednn.derivatives import derivatives, draw


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(
    "function", [F.relu, F.leaky_relu, lambda x: F.leaky_relu(x, 0.1)], ids=["relu", "0.2", "0.1"]
)
def test_equals_chainer_to_the_bit(function, channels_last, poisoned):
    x, factor = draw(3, 4, 5, 6, channels_last=channels_last), draw(3, 4, 5, 6, seed=1)
    x[0, 0, 0, :3] = 0, -0.0, 1e-38

    def call(v):
        return function(v) * factor

    expected = derivatives(call, x)
    with onednn.fast_kernels():
        actual = derivatives(call, x)
    for a, e in zip(actual, expected):
        np.testing.assert_array_equal(a, e)


def test_vectors_and_views_with_gaps():
    x = draw(6, 10)
    with onednn.fast_kernels():
        for v in (x, x[:, ::2], x.T):
            np.testing.assert_array_equal(
                F.leaky_relu(v).array, np.maximum(v, np.float32(0.2) * v)
            )


@pytest.mark.parametrize("function", [F.relu, F.leaky_relu])
def test_a_nan_stays_one(function):
    with onednn.fast_kernels():
        assert np.isnan(function(np.full((1, 1, 2, 2), np.nan, np.float32)).array).all()
