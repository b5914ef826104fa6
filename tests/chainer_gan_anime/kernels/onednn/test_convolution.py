"""oneDNN's convolutions against Chainer's own functions, to the second derivative."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.utils import conv

from chainer_gan_anime.kernels import onednn
from chainer_gan_anime.kernels.onednn import api, patch
from tests.chainer_gan_anime.kernels.onednn.derivatives import assert_close, derivatives, draw

# kernel, stride, pad, height, width
GEOMETRIES = [
    (3, 1, 1, 8, 8),
    (4, 2, 1, 8, 8),
    (4, 2, 1, 7, 9),
    (3, 1, 0, 5, 6),
    (1, 1, 0, 4, 4),
    (3, 2, 1, 7, 7),
    (5, 3, 2, 11, 10),
    (3, 1, 3, 5, 5),  # pads wider than the kernel reaches
    (2, 3, 0, 8, 8),  # windows with gaps between them
    ((3, 4), (1, 2), (1, 0), 6, 7),
]
# Channels in and out, kernel, stride, height: layers of variants A, B and paper with ch 64.
LAYERS = [(3, 8, 4, 2, 64), (32, 64, 4, 2, 8), (3, 8, 3, 1, 64), (64, 64, 3, 1, 8)]


def assert_equals_chainer(function, *arrays, tolerance=1e-5):
    expected = derivatives(function, *arrays)
    with onednn.fast_kernels():
        actual = derivatives(function, *arrays)
    assert_close(actual, expected, tolerance)


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("cover_all", [False, True])
@pytest.mark.parametrize("nobias", [False, True])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_convolution(geometry, nobias, cover_all, channels_last, poisoned):
    kernel, stride, pad, *size = geometry
    arrays = [draw(5, 3, *size, channels_last=channels_last), draw(4, 3, *pair(kernel), seed=1)]
    arrays += [] if nobias else [draw(4)]
    assert_equals_chainer(
        lambda *v: F.convolution_2d(*v, stride=stride, pad=pad, cover_all=cover_all), *arrays
    )


@pytest.mark.parametrize("remainder", [0, 1])
@pytest.mark.parametrize("nobias", [False, True])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_deconvolution(geometry, nobias, remainder, poisoned):
    kernel, stride, pad, *size = geometry
    outsize = tuple(
        conv.get_deconv_outsize(n, k, s, p) + min(remainder, s - 1)
        for n, k, s, p in zip(size, *map(pair, (kernel, stride, pad)))
    )
    arrays = [draw(2, 3, *size), draw(3, 4, *pair(kernel), seed=1), *([] if nobias else [draw(4)])]
    assert_equals_chainer(
        lambda *v: F.deconvolution_2d(*v, stride=stride, pad=pad, outsize=outsize), *arrays
    )


@pytest.mark.parametrize("groups", [2, 6])
@pytest.mark.parametrize("cover_all", [False, True])
@pytest.mark.parametrize("geometry", [(3, 1, 1, 8, 8), (3, 2, 0, 8, 7), (5, 2, 1, 8, 8)], ids=str)
def test_convolution_by_groups(geometry, cover_all, groups, poisoned):
    kernel, stride, pad, *size = geometry
    x, weight = draw(3, 6, *size), draw(12, 6 // groups, kernel, kernel, seed=1)
    assert_equals_chainer(
        lambda x, b: F.convolution_2d(
            x, weight, b, stride, pad, cover_all=cover_all, groups=groups
        ),
        *(x, draw(12)),
    )


@pytest.mark.parametrize("groups", [2, 6])
def test_deconvolution_by_groups(groups, poisoned):
    x, weight = draw(3, 6, 5, 4), draw(6, 4, 4, 4, seed=1)
    assert_equals_chainer(
        lambda x, b: F.deconvolution_2d(x, weight, b, stride=2, pad=1, groups=groups),
        *(x, draw(4 * groups)),
    )


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_layers_of_the_nets(layer, poisoned):
    n_in, n_out, kernel, stride, height = layer
    x, weight = draw(3, n_in, height, height), draw(n_out, n_in, kernel, kernel, seed=1)
    assert_equals_chainer(lambda *v: F.convolution_2d(*v, stride=stride, pad=1), x, weight)
    y = draw(3, n_out, height // stride, height // stride)
    assert_equals_chainer(
        lambda *v: F.deconvolution_2d(*v, stride=stride, pad=1), y, weight, draw(n_in)
    )


@pytest.mark.parametrize("channels", [1, 3, 4, 5])
@pytest.mark.parametrize("size", [(1, 1), (4, 5)])
@pytest.mark.parametrize("nobias", [False, True])
def test_deconvolution_to_few_channels(channels, size, nobias, poisoned):
    """As one convolution to four times the channels, where that is faster."""
    arrays = [draw(3, 6, *size), draw(6, channels, 4, 4, seed=1)]
    arrays += [] if nobias else [draw(channels)]
    assert_equals_chainer(lambda *v: F.deconvolution_2d(*v, stride=2, pad=1), *arrays)


@pytest.mark.parametrize("transposed", [False, True])
def test_numerical_gradients(transposed):
    """Gradients, first and second, against finite differences in float64."""
    function = F.deconvolution_2d if transposed else F.convolution_2d
    arrays = draw(2, 2, 6, 6), draw(2, 2, 4, 4, seed=1), draw(2)

    def losses(*inputs):
        loss = F.sum(F.tanh(function(*inputs, stride=2, pad=1)))
        gradients = chainer.grad([loss], inputs, enable_double_backprop=True)
        return loss, sum(F.sum(g * g) for g in gradients)

    inputs = [chainer.Variable(a) for a in arrays]
    with onednn.fast_kernels():
        gradients = [chainer.grad([loss], inputs) for loss in losses(*inputs)]
    eps = 1e-5
    for k, array in enumerate(arrays):
        direction = draw(*array.shape, seed=9).astype(np.float64)
        ends = []
        for sign in (1, -1):
            moved = [a.astype(np.float64) for a in arrays]
            moved[k] += sign * eps * direction
            ends.append([loss.array for loss in losses(*map(chainer.Variable, moved))])
        for order in range(2):
            numerical = (ends[0][order] - ends[1][order]) / (2 * eps)
            actual = np.vdot(gradients[order][k].array.astype(np.float64), direction)
            np.testing.assert_allclose(actual, numerical, rtol=1e-4, atol=1e-3)


def test_results_lie_channels_last_and_repeat_to_the_bit():
    x, weight = draw(8, 3, 16, 16), draw(4, 3, 4, 4, seed=1)

    def call(*inputs):
        return F.convolution_2d(*inputs, stride=2, pad=1)

    with onednn.fast_kernels():
        assert call(x, weight).array.transpose(0, 2, 3, 1).flags.c_contiguous
        first = derivatives(call, x, weight)
        derivatives(call, draw(3, 3, 30, 30), weight)  # leaves other remains in shared memory
        for a, b in zip(first, derivatives(call, x, weight)):
            np.testing.assert_array_equal(a, b)


def test_what_onednn_lacks_is_left_to_the_numpy_kernels(monkeypatch):
    def unsupported(*args, **kwargs):
        raise api.Unsupported

    for name in ("convolve", "deconvolve", "weight_gradient"):
        monkeypatch.setattr(patch.convolution, name, unsupported)
    x, weight = draw(2, 3, 8, 8), draw(4, 3, 4, 4, seed=1)
    assert_equals_chainer(lambda *v: F.convolution_2d(*v, stride=2, pad=1), x, weight)


def test_dilation_is_left_to_chainer():
    x, weight = draw(2, 4, 6, 6), draw(4, 4, 3, 3, seed=1)
    expected = F.convolution_2d(x, weight, dilate=2).array
    with onednn.fast_kernels():
        np.testing.assert_array_equal(F.convolution_2d(x, weight, dilate=2).array, expected)
