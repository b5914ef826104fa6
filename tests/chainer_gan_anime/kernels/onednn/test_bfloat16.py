"""Rounding to bfloat16, once for each factor, and the weight's gradient by columns."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.kernels import onednn
from chainer_gan_anime.kernels.onednn import bfloat16, columns, convolution, library
from tests.chainer_gan_anime.kernels.onednn.derivatives import derivatives, draw
from tests.chainer_gan_anime.kernels.onednn.test_convolution import GEOMETRIES, pair


@pytest.fixture(autouse=True)
def processor():
    """Skips on a processor that oneDNN has no kernels of bfloat16 for."""
    if not library.has_bfloat16(library.load()):
        pytest.skip("no instructions for bfloat16")


def rounded(x):
    """Rounds to the nearest bfloat16, ties to even, by the bits: float32."""
    bits = x.view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


@pytest.mark.parametrize("channels_last", [False, True])
def test_factors_are_rounded_to_nearest_with_the_channels_last(channels_last):
    x = draw(3, 5, 4, 7, channels_last=channels_last)
    assert bfloat16.as_factor(x) is x
    with bfloat16.factors():
        y = bfloat16.as_factor(x)
    assert y.transpose(0, 2, 3, 1).flags.c_contiguous
    np.testing.assert_array_equal((y.astype(np.uint32) << 16).view(np.float32), rounded(x))


def test_each_is_rounded_once_where_copies_are_kept():
    x, copies = draw(2, 3, 4, 4), {}
    with bfloat16.factors(), bfloat16.rounded_once(copies):
        y = bfloat16.as_factor(x)
        assert bfloat16.as_factor(x) is y
        assert bfloat16.as_factor(x.copy()) is not y
    with bfloat16.factors():
        assert bfloat16.as_factor(x) is not y


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_training_step_rounds_inputs_and_gradients_once(rounds, monkeypatch):
    """Two convolutions: two inputs, two gradients."""
    seen = []
    write = bfloat16.write_rounded
    monkeypatch.setattr(bfloat16, "write_rounded", lambda x, y: seen.append(write(x, y)))
    x, W = chainer.Variable(draw(2, 4, 4, 4)), chainer.Variable(draw(4, 4, 3, 3, seed=1))
    with onednn.fast_kernels(True):
        for _ in range(rounds):
            y = F.convolution_2d(F.convolution_2d(x, W, pad=1), W, pad=1)
            chainer.grad([F.sum(y * y)], [x, W])
    assert len(seen) == 4 * rounds


def test_inputs_changed_between_passes_are_rounded_anew():
    x, W = draw(2, 3, 4, 4), draw(4, 3, 3, 3, seed=1)
    with onednn.fast_kernels(True):
        F.convolution_2d(x, W)
        x += 1
        changed = F.convolution_2d(x, W).array
        np.testing.assert_array_equal(changed, F.convolution_2d(x.copy(), W).array)


@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_convolutions_are_not_rounded(stride):
    """They and their transposes, which gain nothing, are float32's to the bit."""
    x, W = chainer.Variable(draw(2, 6, 8, 8)), draw(6, 1, 3, 3, seed=1)
    results = []
    for is_rounded in (False, True):
        with onednn.fast_kernels(is_rounded):
            y = F.convolution_2d(x, W, stride=stride, pad=1, groups=6)
            results.append([y.array, chainer.grad([F.sum(y)], [x])[0].array])
    for plain, other in zip(*results, strict=True):
        np.testing.assert_array_equal(plain, other)


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_weight_gradient_by_columns(geometry, poisoned):
    kernel, stride, pad, *size = geometry
    arguments = (*map(pair, (kernel, stride, pad)),)
    x = rounded(draw(3, 4, *size))
    y = convolution.convolve(
        x, draw(5, 4, *pair(kernel)), None, *arguments[1:], out_size(geometry)
    )
    gy = rounded(draw(*y.shape))
    expected = convolution.weight_gradient(x, gy, *arguments)
    with bfloat16.factors():
        factors = bfloat16.as_factor(x), bfloat16.as_factor(gy)
    actual = columns.weight_gradient(*factors, *arguments)
    assert actual.shape == (5, 4, *pair(kernel)) and actual.flags.c_contiguous
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5 * abs(expected).max())


def test_columns_serve_small_outputs_in_bfloat16():
    x, gy = np.empty((1, 1, 16, 16), np.uint16), np.empty((1, 1, 8, 8), np.uint16)
    assert columns.are_faster(x, gy) and not columns.are_faster(x, x)
    assert not columns.are_faster(x.astype("f"), gy.astype("f"))


def out_size(geometry):
    """As with cover_all, whose last windows reach past the padded image."""
    kernel, stride, pad, *size = geometry
    triples = zip(size, *map(pair, (kernel, stride, pad)))
    return tuple(-(-(n + 2 * p - k) // s) + 1 for n, k, s, p in triples)


def test_a_convolution_and_its_derivatives_are_those_of_rounded_factors():
    arrays = draw(2, 3, 6, 6), draw(4, 3, 4, 4, seed=1)
    with onednn.fast_kernels(True):
        y, gx, gW, *_ = derivatives(lambda *v: F.convolution_2d(*v, stride=2, pad=1), *arrays)
    variables = [chainer.Variable(rounded(a)) for a in arrays]
    expected = F.convolution_2d(*variables, stride=2, pad=1)
    gy = chainer.Variable(rounded(draw(*y.shape, seed=7)))
    gradients = chainer.grad([expected], variables, [gy])
    for a, e in zip((y, gx, gW), (expected, *gradients)):
        np.testing.assert_allclose(a, e.array, rtol=1e-5, atol=1e-5)


def test_factors_are_rounded_and_sums_are_not():
    x, weight = draw(4, 64, 8, 8), draw(32, 64, 4, 4, seed=1)
    arguments = (2, 2), (1, 1), (4, 4)
    expected = convolution.convolve(rounded(x), rounded(weight), None, *arguments)
    with bfloat16.factors():
        actual = convolution.convolve(x, weight, None, *arguments)
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-4)
    exact = convolution.convolve(x, weight, None, *arguments)
    assert 1e-3 < abs(actual - exact).max() / abs(exact).max() < 1e-2
