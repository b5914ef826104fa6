"""The kernels against Chainer's own functions, to the second derivative."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
import pytest
from chainer.utils import conv

from chainer_gan_anime.kernels import cpu
from chainer_gan_anime.kernels.cpu import activation, convolution

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


@pytest.fixture(params=[1, 5], ids=lambda n: f"batch{n}")
def batch(request):
    return request.param


def draw(*shape, seed=0, batch_innermost=False):
    x = np.random.RandomState(seed + len(shape)).normal(size=shape).astype(np.float32)
    if batch_innermost:
        x = np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    return x


def derivatives(function, *arrays):
    """Return the value, the gradients, and the gradients of their squares' sum."""
    inputs = [chainer.Variable(a) for a in arrays]
    y = function(*inputs)
    gy = chainer.Variable(draw(*y.shape, seed=7))
    first = chainer.grad([y], inputs, [gy], enable_double_backprop=True)
    second = chainer.grad([sum(F.sum(g * g) for g in first)], [*inputs, gy])
    return [v.array for v in (y, *first, *second) if v is not None]


def assert_equals_chainer(function, *arrays, tolerance=1e-5):
    with cpu.fast_kernels(False):
        expected = derivatives(function, *arrays)
    with cpu.fast_kernels():
        actual = derivatives(function, *arrays)
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected):
        assert a.dtype == e.dtype and a.shape == e.shape
        np.testing.assert_allclose(a, e, rtol=tolerance, atol=tolerance * abs(e).max())


def size_of(kernel, in_channels, out_channels):
    kh, kw = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    return out_channels, in_channels, kh, kw


@pytest.mark.parametrize("cover_all", [False, True])
@pytest.mark.parametrize("nobias", [False, True])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_convolution(geometry, nobias, cover_all, batch):
    kernel, stride, pad, height, width = geometry

    def function(*inputs):
        return F.convolution_2d(*inputs, stride=stride, pad=pad, cover_all=cover_all)

    weight = draw(*size_of(kernel, 3, 4), seed=1)
    bias = () if nobias else (draw(4),)
    assert_equals_chainer(function, draw(batch, 3, height, width), weight, *bias)


@pytest.mark.parametrize("nobias", [False, True])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_deconvolution(geometry, nobias, batch):
    kernel, stride, pad, height, width = geometry

    def function(*inputs):
        return F.deconvolution_2d(*inputs, stride=stride, pad=pad)

    weight = draw(*size_of(kernel, 4, 3), seed=1)
    bias = () if nobias else (draw(4),)
    assert_equals_chainer(function, draw(batch, 3, height, width), weight, *bias)


@pytest.mark.parametrize("kernel, stride, pad", [(4, 2, 1), (3, 2, 1), (5, 3, 2), (3, 1, 1)])
def test_deconvolution_of_every_output_size(kernel, stride, pad):
    """Every size whose convolution, covering all or not, gives the input's."""
    height = 5
    sizes = [
        size
        for size in range(1, 30)
        if conv.get_conv_outsize(size, kernel, stride, pad) <= height
        and height <= conv.get_conv_outsize(size, kernel, stride, pad, cover_all=True)
    ]
    assert len(sizes) == (2 * stride - 1 if stride > 1 else 1)
    for size in sizes:
        assert_equals_chainer(
            lambda x, w, b, s=size: F.deconvolution_2d(x, w, b, stride, pad, outsize=(s, s)),
            draw(2, 3, height, height),
            draw(3, 4, kernel, kernel, seed=1),
            draw(4),
        )


def test_more_columns_than_a_tile_holds(monkeypatch):
    """Tiles of whole rows, of parts of a row, and of one position."""
    monkeypatch.setattr(convolution, "MIN_TILE_COLUMNS", 1)
    x, weight = draw(3, 2, 9, 10), draw(4, 2, 4, 4, seed=1)
    for positions in (1, 3, 4, 7, 10, 1000):
        monkeypatch.setattr(convolution, "TILE_BYTES", positions * 3 * 2 * 16 * 4)
        assert_equals_chainer(lambda x, w: F.convolution_2d(x, w, stride=2, pad=1), x, weight)
        assert_equals_chainer(
            lambda x, w: F.deconvolution_2d(x, w, stride=2, pad=1),
            x,
            weight.transpose(1, 0, 2, 3),
        )


@pytest.mark.parametrize("slope", [0.1, 0.2, 1.0])
@pytest.mark.parametrize("shape", [(3, 4, 5, 5), (1, 4, 1, 5)])
def test_leaky_relu(slope, shape, monkeypatch):
    monkeypatch.setattr(activation, "BLOCK_VALUES", 7)
    x = draw(*shape, batch_innermost=True)
    x[0, 0, 0, :2] = 0, -0.0
    assert_equals_chainer(lambda v: F.leaky_relu(v, slope) * draw(*shape), x)


@pytest.mark.parametrize("slope", [-0.5, 0.0, 1.5])
def test_leaky_relu_that_is_no_maximum_is_left_to_chainer(slope):
    assert_equals_chainer(lambda v: F.leaky_relu(v, slope) ** 2, draw(3, 4, 5, 5))


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("kernel, stride", [(3, 1), (4, 2)])
def test_numerical_gradients(kernel, stride, transposed):
    """The kernels' gradients, first and second, against finite differences in float64."""
    function = F.deconvolution_2d if transposed else F.convolution_2d
    arrays = draw(2, 2, 6, 6), draw(2, 2, kernel, kernel, seed=1), draw(2)

    def losses(*inputs):
        """Two scalars; the second is made of gradients of the first."""
        loss = F.sum(F.tanh(function(*inputs, stride=stride, pad=1)))
        gradients = chainer.grad([loss], inputs, enable_double_backprop=True)
        return loss, sum(F.sum(g * g) for g in gradients)

    inputs = [chainer.Variable(a) for a in arrays]
    with cpu.fast_kernels():
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


@pytest.mark.parametrize("wanted", ["x", "W"])
@pytest.mark.parametrize("transposed", [False, True])
def test_gradient_of_one_input_alone(wanted, transposed):
    function = F.deconvolution_2d if transposed else F.convolution_2d
    arrays = {"x": draw(2, 3, 8, 8), "W": draw(3, 3, 4, 4, seed=1)}

    def gradient():
        variables = {
            name: chainer.Variable(a, requires_grad=name == wanted) for name, a in arrays.items()
        }
        y = function(*variables.values(), stride=2, pad=1)
        (g,) = chainer.grad([F.sum(y**2)], [variables[wanted]])
        return g.array

    with cpu.fast_kernels(False):
        expected = gradient()
    with cpu.fast_kernels():
        np.testing.assert_allclose(gradient(), expected, rtol=1e-5, atol=1e-3)


def test_memory_order_of_the_input_changes_nothing():
    plain, innermost = draw(4, 3, 8, 8), draw(4, 3, 8, 8, batch_innermost=True)
    np.testing.assert_array_equal(plain, innermost)
    weight = draw(3, 3, 4, 4, seed=1)
    with cpu.fast_kernels():
        for function in (F.convolution_2d, F.deconvolution_2d):
            a = derivatives(lambda *v, f=function: f(*v, stride=2, pad=1), plain, weight)
            b = derivatives(lambda *v, f=function: f(*v, stride=2, pad=1), innermost, weight)
            for p, q in zip(a, b):
                np.testing.assert_array_equal(p, q)


def test_kernels_keep_the_batch_innermost():
    x = draw(4, 3, 8, 8, batch_innermost=True)
    with cpu.fast_kernels():
        for function in (F.leaky_relu, lambda v: F.convolution_2d(v, draw(2, 3, 3, 3))):
            y = function(x).array
            assert y.transpose(1, 2, 3, 0).flags.c_contiguous


def test_live_calls_share_no_memory():
    """Two forward passes, then both backward passes, equal one pair after the other."""
    weight = draw(3, 3, 4, 4, seed=1)
    xs = [draw(2, 3, 8, 8, seed=s) for s in (0, 1)]

    def forward(x):
        v = chainer.Variable(x)
        return v, F.deconvolution_2d(
            F.convolution_2d(v, weight, stride=2, pad=1), weight, None, 2, 1
        )

    def backward(v, y):
        (g,) = chainer.grad([y], [v], [chainer.Variable(draw(*y.shape, seed=3))])
        return y.array, g.array

    with cpu.fast_kernels():
        alone = [backward(*forward(x)) for x in xs]
        alone = [tuple(a.copy() for a in pair) for pair in alone]
        passes = [forward(x) for x in xs]
        together = [backward(*pair) for pair in passes]
    for one, other in zip(alone, together):
        for a, b in zip(one, other):
            np.testing.assert_array_equal(a, b)


def test_results_do_not_depend_on_the_run():
    x, weight, bias = draw(8, 3, 16, 16), draw(4, 3, 4, 4, seed=1), draw(4)

    def call(*inputs):
        return F.leaky_relu(F.convolution_2d(*inputs, stride=2, pad=1))

    with cpu.fast_kernels():
        first = derivatives(call, x, weight, bias)
        # Other shapes in between leave other remains in the reused buffers.
        derivatives(call, draw(3, 3, 30, 30), weight, bias)
        for a, b in zip(first, derivatives(call, x, weight, bias)):
            np.testing.assert_array_equal(a, b)
