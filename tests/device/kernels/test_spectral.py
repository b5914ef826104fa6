"""Spectral normalisation in few launches against Chainer's own link hook."""

import chainer
import chainer.functions as F
import cupy
import numpy as np
import pytest
from chainer.link_hooks.spectral_normalization import (
    calculate_max_singular_value,
    update_approximate_vectors,
)

from chainer_gan_anime.kernels.cuda.spectral import normalise

SHAPES = [(4, 3, 4, 4), (5, 7), (1, 9), (16, 2)]


def drawn(shape):
    rng = np.random.RandomState(0)
    weight = rng.normal(size=shape).astype(np.float32)
    return weight, rng.normal(size=shape[0]).astype(np.float32)


def by_chainer(weight, u):
    matrix = F.reshape(weight, (len(weight), -1))
    u, v = update_approximate_vectors(matrix, u, 1, 1e-12)
    sigma = calculate_max_singular_value(matrix, u, v)
    return weight / F.broadcast_to(sigma, weight.shape), u


@pytest.mark.parametrize("shape", SHAPES)
def test_equals_chainers_hook(shape):
    host_weight, host_u = drawn(shape)
    weight = chainer.Variable(cupy.asarray(host_weight))
    u = cupy.asarray(host_u)
    expected, expected_u = by_chainer(weight, u)
    seen = normalise(weight, u, moving=True)
    np.testing.assert_allclose(seen.array.get(), expected.array.get(), rtol=1e-5)
    np.testing.assert_allclose(u.get(), expected_u.get(), rtol=1e-4, atol=1e-6)
    towards = cupy.asarray(np.random.RandomState(1).normal(size=shape).astype(np.float32))
    gradients = [
        chainer.grad([F.sum(y * y * towards)], [weight])[0].array.get() for y in (seen, expected)
    ]
    np.testing.assert_allclose(*gradients, rtol=1e-3, atol=1e-5)


def test_gradient_of_the_gradient():
    host_weight, host_u = drawn((4, 6))
    weight = chainer.Variable(cupy.asarray(host_weight))
    results = []
    for function in (
        lambda: normalise(weight, cupy.asarray(host_u), moving=False),
        lambda: by_chainer(weight, cupy.asarray(host_u))[0],
    ):
        y = function()
        (g,) = chainer.grad([F.sum(y**3)], [weight], enable_double_backprop=True)
        (gg,) = chainer.grad([F.sum(g**2)], [weight])
        results.append(gg.array.get())
    np.testing.assert_allclose(*results, rtol=1e-3, atol=1e-4)


def test_u_rests_when_told():
    host_weight, host_u = drawn((4, 6))
    u = cupy.asarray(host_u)
    normalise(chainer.Variable(cupy.asarray(host_weight)), u, moving=False)
    np.testing.assert_array_equal(u.get(), host_u)


def test_iterations_reach_the_largest_singular_value():
    host_weight, host_u = drawn((6, 5))
    u = cupy.asarray(host_u)
    for _ in range(200):
        y = normalise(chainer.Variable(cupy.asarray(host_weight)), u, moving=True)
    assert np.linalg.svd(y.array.get())[1][0] == pytest.approx(1, rel=1e-4)


def test_backward_uses_the_vectors_of_its_own_forward():
    """u has moved on by the time the gradient is asked for."""
    host_weight, host_u = drawn((4, 6))
    weight, u = chainer.Variable(cupy.asarray(host_weight)), cupy.asarray(host_u)
    alone = normalise(weight, cupy.asarray(host_u), moving=True)
    (expected,) = chainer.grad([F.sum(alone**3)], [weight])
    y = normalise(weight, u, moving=True)
    normalise(weight, u, moving=True)
    (seen,) = chainer.grad([F.sum(y**3)], [weight])
    np.testing.assert_allclose(seen.array.get(), expected.array.get(), rtol=1e-5)


def test_launches(counting):
    host_weight, host_u = drawn((4, 3, 4, 4))
    weight, u = chainer.Parameter(cupy.asarray(host_weight)), cupy.asarray(host_u)
    with counting() as seen:
        y = normalise(weight, u, moving=True)
    assert seen.n_launches == 5
    total = F.sum(y)
    with counting() as seen:
        chainer.grad([y], [weight], grad_outputs=[chainer.Variable(y.array)])
    assert seen.n_launches == 2
    assert total.shape == ()
