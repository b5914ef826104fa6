"""The project's device kernels against Chainer's own functions, forward, backward and twice."""

import chainer
import chainer.functions as F
import cupy
import numpy as np
import pytest

from chainer_gan_anime.kernels import cuda

rng = np.random.RandomState(0)


def drawn(*shape):
    return rng.uniform(-1, 1, shape).astype(np.float32)


def gradients_twice(function, arrays):
    """The result, the first gradients, and those of a number made of the first gradients."""
    variables = [chainer.Variable(cupy.asarray(a)) for a in arrays]
    y = function(*variables)
    weights = cupy.asarray(np.random.RandomState(1).uniform(-1, 1, y.shape).astype(np.float32))
    first = chainer.grad([F.sum(y * y * weights)], variables, enable_double_backprop=True)
    number = sum(F.sum(g**2) for g in first)
    second = chainer.grad([number], variables, set_grad=False)
    return [None if v is None else getattr(v, "array", v).get() for v in (y, *first, *second)]


CASES = {
    "convolution-4x4": (
        lambda x, W, b: F.convolution_2d(x, W, b, stride=2, pad=1),
        [drawn(3, 4, 8, 8), drawn(5, 4, 4, 4), drawn(5)],
    ),
    "convolution-3x3": (
        lambda x, W: F.convolution_2d(x, W, stride=1, pad=1),
        [drawn(2, 3, 5, 7), drawn(4, 3, 3, 3)],
    ),
    "convolution-odd": (
        lambda x, W: F.convolution_2d(x, W, stride=(2, 1), pad=(0, 2), dilate=(1, 2)),
        [drawn(2, 3, 9, 6), drawn(4, 3, 3, 2)],
    ),
    "deconvolution-4x4": (
        lambda x, W, b: F.deconvolution_2d(x, W, b, stride=2, pad=1),
        [drawn(3, 4, 4, 4), drawn(4, 5, 4, 4), drawn(5)],
    ),
    "deconvolution-3x3": (
        lambda x, W: F.deconvolution_2d(x, W, stride=1, pad=1),
        [drawn(2, 3, 5, 7), drawn(3, 4, 3, 3)],
    ),
    "deconvolution-outsize": (
        lambda x, W: F.deconvolution_2d(x, W, stride=2, pad=1, outsize=(8, 7)),
        [drawn(2, 3, 4, 4), drawn(3, 4, 3, 3)],
    ),
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.2), [drawn(2, 3, 4, 4)]),
    "relu": (F.relu, [drawn(2, 3, 4, 4)]),
    "relu-vectors": (F.relu, [drawn(6, 5)]),
    "tanh": (F.tanh, [drawn(2, 3, 4, 4)]),
    "batch_normalization": (
        lambda x, g, b: F.batch_normalization(
            x, g, b, running_mean=cupy.zeros(3, "f"), running_var=cupy.ones(3, "f")
        ),
        [drawn(4, 3, 5, 5), drawn(3) + 2, drawn(3)],
    ),
    "batch_normalization-vectors": (
        lambda x, g, b: F.batch_normalization(
            x, g, b, running_mean=cupy.zeros(7, "f"), running_var=cupy.ones(7, "f")
        ),
        [drawn(6, 7), drawn(7) + 2, drawn(7)],
    ),
    "stack": (
        lambda x, W, V, g, b: F.tanh(
            F.deconvolution_2d(
                F.relu(
                    F.batch_normalization(
                        F.leaky_relu(F.convolution_2d(x, W, stride=2, pad=1)),
                        *(g, b),
                        running_mean=cupy.zeros(4, "f"),
                        running_var=cupy.ones(4, "f"),
                    )
                ),
                V,
                stride=2,
                pad=1,
            )
        ),
        [drawn(3, 3, 8, 8), drawn(4, 3, 4, 4), drawn(4, 3, 4, 4), drawn(4) + 2, drawn(4)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_equals_chainers_own(name):
    function, arrays = CASES[name]
    with cuda.fast_kernels(False):
        expected = gradients_twice(function, arrays)
    with cuda.fast_kernels():
        seen = gradients_twice(function, arrays)
    for a, b in zip(seen, expected):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-5 * np.abs(b).max())


def test_running_statistics_equal_chainers_own():
    x, gamma, beta = drawn(4, 3, 5, 5) * 2 + 1, drawn(3), drawn(3)
    states = []
    for enabled in (False, True):
        mean, var = cupy.zeros(3, "f"), cupy.ones(3, "f")
        with cuda.fast_kernels(enabled):
            F.batch_normalization(
                *map(cupy.asarray, (x, gamma, beta)), running_mean=mean, running_var=var
            )
        states.append((mean.get(), var.get()))
    np.testing.assert_allclose(states[1], states[0], rtol=1e-5)
    np.testing.assert_allclose(states[1][0], 0.1 * x.mean(axis=(0, 2, 3)), rtol=1e-5)


def test_variance_survives_a_large_mean():
    x = (drawn(64, 1, 4, 4) + 1000).astype(np.float32)
    with cuda.fast_kernels():
        y = F.batch_normalization(
            *map(cupy.asarray, (x, np.ones(1, "f"), np.zeros(1, "f"))),
            running_mean=cupy.zeros(1, "f"),
            running_var=cupy.ones(1, "f"),
        )
    expected = (x.astype("d") - x.mean(dtype="d")) / np.sqrt(x.var(dtype="d") + 2e-5)
    np.testing.assert_allclose(y.array.get(), expected, atol=2e-3)


def test_half_precision_convolution():
    x, weight = (drawn(*shape).astype(np.float16) for shape in ((2, 3, 6, 6), (4, 3, 3, 3)))
    with cuda.fast_kernels():
        y = F.convolution_2d(cupy.asarray(x), cupy.asarray(weight), pad=1).array
    assert y.dtype == np.float16
    with chainer.using_device("@numpy"):
        expected = F.convolution_2d(x.astype("f"), weight.astype("f"), pad=1).array
    np.testing.assert_allclose(y.get(), expected, atol=2e-2)


def test_double_precision_is_left_to_chainer(counting):
    x, weight = (
        cupy.asarray(drawn(*shape).astype(np.float64)) for shape in ((2, 3, 6, 6), (4, 3, 3, 3))
    )
    with cuda.fast_kernels(), counting() as seen:
        F.convolution_2d(x, weight)
    assert "im2col" in seen.launches


def test_kernels_leave_with_the_block(counting):
    x, weight = cupy.asarray(drawn(2, 3, 6, 6)), cupy.asarray(drawn(4, 3, 3, 3))
    with counting() as seen:
        with cuda.fast_kernels():
            F.convolution_2d(x, weight)
        F.convolution_2d(x, weight)
    assert (seen.launches["gather_columns"], seen.launches["im2col"]) == (1, 1)


def test_no_column_buffer_is_copied(counting):
    x, weight, gy = (
        cupy.asarray(a) for a in (drawn(2, 3, 8, 8), drawn(4, 3, 4, 4), drawn(2, 4, 4, 4))
    )
    with cuda.fast_kernels(), counting() as seen:
        y = F.convolution_2d(x, weight, stride=2, pad=1)
        F.leaky_relu(y)
    assert seen.launches == {"gather_columns": 1, "leaky_relu": 1}
    assert sum(seen.gemms.values()) == 1
    assert gy.shape == y.shape
