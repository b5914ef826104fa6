"""A convolution that applies its leaky ReLU equals the two, one after the other."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest

from chainer_gan_anime.kernels import cpu, engines, fusion, onednn
from chainer_gan_anime.kernels.onednn import library, patch
from tests.chainer_gan_anime.kernels.onednn.derivatives import assert_close, derivatives, draw

ARRAYS = draw(2, 3, 8, 8), draw(4, 3, 4, 4, seed=1), draw(4)


def fused(x, W, b):
    return fusion.leaky(lambda h: F.convolution_2d(h, W, b, stride=2, pad=1), x, 0.1)


def apart(x, W, b):
    return F.leaky_relu(F.convolution_2d(x, W, b, stride=2, pad=1), 0.1)


@pytest.fixture
def with_onednn():
    try:
        library.load()
    except library.Missing as error:
        pytest.skip(str(error))
    with onednn.fast_kernels():
        yield


@pytest.mark.parametrize("engine", ["numpy", "chainer"])
def test_engines_without_it_apply_both(engine):
    with engines.ENGINES[engine].kernels(False):
        for a, b in zip(derivatives(fused, *ARRAYS), derivatives(apart, *ARRAYS)):
            np.testing.assert_array_equal(a, b)


def test_one_node_with_the_same_derivatives_to_the_second_order(with_onednn):
    assert fused(*ARRAYS).creator.inputs[0].creator is None
    assert_close(derivatives(fused, *ARRAYS), derivatives(apart, *ARRAYS), 1e-6)


def test_its_gradient_stays_right_when_the_engine_is_switched_off_before(with_onednn):
    inputs = [chainer.Variable(a) for a in ARRAYS]
    expected = chainer.grad([F.sum(apart(*inputs))], inputs)
    loss = F.sum(fused(*inputs))
    with patch.KERNELS.switched(False), cpu.fast_kernels(False):
        actual = chainer.grad([loss], inputs)
    assert_close([v.array for v in actual], [v.array for v in expected], 1e-5)


@pytest.mark.parametrize("options", [{"groups": 3}, {"dilate": 2}])
def test_what_onednn_lacks(with_onednn, options):
    weight = draw(6, 3 // options.get("groups", 1), 3, 3)
    layer = L.Convolution2D(3, 6, 3, initialW=weight, **options)
    y = fusion.leaky(layer, ARRAYS[0], 0.2)
    np.testing.assert_array_equal(y.array, F.leaky_relu(layer(ARRAYS[0])).array)
