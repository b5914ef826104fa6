"""A convolution that applies the activation behind it equals the two, one after the other."""

from __future__ import annotations

import copy
import functools

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest

from chainer_gan_anime.common.losses import gradient_at, gradient_penalty
from chainer_gan_anime.common.net import ArticleDiscriminator, WGANDiscriminator
from chainer_gan_anime.kernels import cpu, engines, fusion, onednn
from chainer_gan_anime.kernels.onednn import library, patch
from tests.chainer_gan_anime.kernels.onednn.derivatives import assert_close, derivatives, draw

ARRAYS = draw(2, 3, 8, 8), draw(4, 3, 4, 4, seed=1), draw(4)


ACTIVATIONS = [fusion.LeakyReLU(0.1), fusion.ReLU6(), fusion.ReLU6(0.5)]


def fused(activation=ACTIVATIONS[0]):
    def function(x, W, b):
        layer = functools.partial(F.convolution_2d, W=W, b=b, stride=2, pad=1)
        return fusion.activated(layer, x, activation)

    return function


def apart(activation=ACTIVATIONS[0]):
    def function(x, W, b):
        y = F.convolution_2d(x, W, b, stride=2, pad=1)
        if isinstance(activation, fusion.ReLU6):
            return F.clipped_relu(y, activation.cap)
        return F.leaky_relu(y, activation.slope)

    return function


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
        for a, b in zip(derivatives(fused(), *ARRAYS), derivatives(apart(), *ARRAYS)):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_one_node_with_the_same_derivatives_to_the_second_order(with_onednn, activation):
    function, expected = fused(activation), derivatives(apart(activation), *ARRAYS)
    assert function(*ARRAYS).creator.inputs[0].creator is None
    assert_close(derivatives(function, *ARRAYS), expected, 1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=str)
def test_so_does_a_convolution_by_groups(with_onednn, activation):
    x, weight = draw(2, 6, 8, 8), draw(6, 1, 3, 3)
    layer = functools.partial(F.convolution_2d, W=weight, pad=1, groups=6)

    def alone(x):
        return activation.apply(layer(x))

    y = fusion.activated(layer, x, activation)
    assert type(y.creator) is patch.ActivatedConvolution2D
    actual = derivatives(lambda x: fusion.activated(layer, x, activation), x)
    assert_close(actual, derivatives(alone, x), 1e-6)


def test_its_gradient_stays_right_when_the_engine_is_switched_off_before(with_onednn):
    inputs = [chainer.Variable(a) for a in ARRAYS]
    expected = chainer.grad([F.sum(apart()(*inputs))], inputs)
    loss = F.sum(fused()(*inputs))
    with patch.KERNELS.switched(False), cpu.fast_kernels(False):
        actual = chainer.grad([loss], inputs)
    assert_close([v.array for v in actual], [v.array for v in expected], 1e-5)


def test_what_onednn_lacks(with_onednn):
    layer = L.Convolution2D(3, 6, 3, initialW=draw(6, 3, 3, 3), dilate=2)
    y = fusion.leaky(layer, ARRAYS[0], 0.2)
    np.testing.assert_array_equal(y.array, F.leaky_relu(layer(ARRAYS[0])).array)


def penalty(dis, x) -> chainer.Variable:
    x = chainer.Variable(x)
    return gradient_penalty(gradient_at(x, dis(x)), 10.0)


@pytest.mark.parametrize("discriminator", [ArticleDiscriminator, WGANDiscriminator])
def test_dragans_penalty_against_finite_differences_in_float64(with_onednn, discriminator):
    dis = discriminator(16, 16, normalisation="none", rng=np.random.RandomState(0))
    for param in dis.params():
        param.array *= 8  # of the size that a trained net's weights have
    x = draw(4, 3, 16, 16)
    params = dict(sorted(dis.namedparams()))
    gradients = chainer.grad([penalty(dis, x)], list(params.values()))
    directions = [
        draw(*p.shape, seed=5).astype(np.float64) * abs(p.array).max() for p in params.values()
    ]
    eps, ends = 1e-6, []
    for sign in (1, -1):
        moved = copy.deepcopy(dis)
        for (_, param), direction in zip(sorted(moved.namedparams()), directions):
            param.array = param.array.astype(np.float64) + sign * eps * direction
        ends.append(float(penalty(moved, x.astype(np.float64)).array))
    numerical = (ends[0] - ends[1]) / (2 * eps)
    pairs = [(g.array, d) for g, d in zip(gradients, directions) if g is not None]
    actual = sum(np.vdot(g.astype(np.float64), direction) for g, direction in pairs)
    assert abs(numerical) > 1e-2
    np.testing.assert_allclose(actual, numerical, rtol=1e-3)
