"""The weight's gradient by Winograd's way against Chainer's, and when it is taken."""

from __future__ import annotations

import chainer.functions as F
import numpy as np
import pytest
import threadpoolctl

from chainer_gan_anime.kernels import onednn
from chainer_gan_anime.kernels.onednn import library, winograd
from tests.chainer_gan_anime.kernels.onednn.derivatives import assert_close, derivatives, draw


@pytest.fixture
def paying(monkeypatch):
    """Makes it the faster way on any processor, for any channels, in one thread."""
    monkeypatch.setattr(library, "has_avx512", lambda _: False)
    monkeypatch.setattr(winograd, "MIN_CHANNELS", 1)
    with threadpoolctl.threadpool_limits(1, user_api="openmp"):
        yield


@pytest.fixture
def taken(monkeypatch):
    """Returns what strides gradients were computed so of."""
    strides, compute = [], winograd.weight_gradient
    monkeypatch.setattr(
        winograd, "weight_gradient", lambda *a: strides.append(a[-1]) or compute(*a)
    )
    return strides


def reference(x, gy, kernel, stride):
    """Sum over all places in float64."""
    x, gy = np.pad(x.astype("d"), [(0, 0), (0, 0), (1, 1), (1, 1)]), gy.astype("d")
    gradient = np.empty((gy.shape[1], x.shape[1], kernel, kernel))
    _, _, oh, ow = gy.shape
    for i, j in np.ndindex(kernel, kernel):
        seen = x[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride]
        gradient[:, :, i, j] = np.einsum("nchw,nohw->oc", seen, gy)
    return gradient.astype("f")


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("size", [(2, 2), (4, 6), (8, 8)])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (4, 2)])
def test_equals_the_sum_in_float64(kernel, stride, size, channels_last, poisoned):
    height, width = size
    x = draw(5, 3, stride * height, stride * width, channels_last=channels_last)
    gy = draw(5, 7, height, width, seed=1, channels_last=channels_last)
    gradient = winograd.weight_gradient(x, gy, stride)
    assert gradient.flags.c_contiguous
    assert_close([gradient], [reference(x, gy, kernel, stride)], 1e-5)


@pytest.mark.parametrize("stride", [1, 2])
def test_chunks_of_a_batch_are_summed(stride, monkeypatch, poisoned):
    x, gy = draw(5, 3, 4 * stride, 4 * stride), draw(5, 4, 4, 4, seed=1)
    whole = winograd.weight_gradient(x, gy, stride)
    monkeypatch.setattr(winograd, "CHUNK_BYTES", 1)
    assert_close([winograd.weight_gradient(x, gy, stride)], [whole], 1e-5)


@pytest.mark.parametrize("function", [F.convolution_2d, F.deconvolution_2d])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (4, 2)])
def test_all_derivatives_equal_chainers(function, kernel, stride, paying, taken, poisoned):
    arrays = draw(3, 4, 4 * stride, 4 * stride), draw(4, 4, kernel, kernel, seed=1)

    def compute(*variables):
        return function(*variables, stride=stride, pad=1)

    expected = derivatives(compute, *arrays)
    assert not taken
    with onednn.fast_kernels():
        actual = derivatives(compute, *arrays)
    assert_close(actual, expected, 1e-5)
    assert taken and set(taken) == {stride}


@pytest.mark.parametrize(
    ("kernel", "stride", "pad", "size"),
    [(4, 2, 1, 6), (4, 2, 1, 7), (3, 1, 0, 8), (3, 2, 1, 8), (1, 1, 0, 8), (5, 1, 2, 8)],
)
def test_other_shapes_are_left_alone(kernel, stride, pad, size, paying, taken):
    """Among them outputs of odd sides."""
    arrays = draw(2, 3, size, size), draw(4, 3, kernel, kernel, seed=1)
    with onednn.fast_kernels():
        derivatives(lambda *v: F.convolution_2d(*v, stride=stride, pad=pad), *arrays)
    assert not taken


def test_narrow_layers_several_threads_and_avx512_are_left_alone(monkeypatch):
    def is_faster(channels):
        x, gy = np.zeros((2, channels, 8, 8), "f"), np.zeros((2, channels, 4, 4), "f")
        return winograd.is_faster(x, gy, (4, 4), (2, 2), (1, 1))

    def says_inside(threads, avx512):
        monkeypatch.setattr(library, "has_avx512", lambda _: avx512)
        with threadpoolctl.threadpool_limits(threads, user_api="openmp"), onednn.fast_kernels():
            return is_faster(winograd.MIN_CHANNELS), is_faster(winograd.MIN_CHANNELS - 1)

    assert says_inside(threads=1, avx512=False) == (True, False)
    assert says_inside(threads=2, avx512=False) == (False, False)
    assert says_inside(threads=1, avx512=True) == (False, False)
    assert not is_faster(winograd.MIN_CHANNELS)
