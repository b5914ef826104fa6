"""Spectral normalisation as one node against Chainer's own link hook."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer.link_hooks.spectral_normalization import (
    calculate_max_singular_value,
    update_approximate_vectors,
)

from chainer_gan_anime.common.spectral_norm import SpectralNormalization
from chainer_gan_anime.kernels import cpu
from chainer_gan_anime.kernels.cpu.spectral import normalise

SHAPES = [(4, 3, 4, 4), (5, 7), (1, 9), (16, 2)]


def drawn(shape):
    rng = np.random.RandomState(0)
    return rng.normal(size=shape).astype("f"), rng.normal(size=shape[0]).astype("f")


def by_chainer(weight, u):
    matrix = F.reshape(weight, (len(weight), -1))
    u, v = update_approximate_vectors(matrix, u, 1, 1e-12)
    sigma = calculate_max_singular_value(matrix, u, v)
    return weight / F.broadcast_to(sigma, weight.shape), u


@pytest.mark.parametrize("shape", SHAPES)
def test_equals_chainers_hook(shape):
    array, u = drawn(shape)
    weight = chainer.Variable(array)
    expected, expected_u = by_chainer(weight, u)
    seen = normalise(weight, u, moving=True)
    np.testing.assert_allclose(seen.array, expected.array, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(u, expected_u, rtol=1e-4, atol=1e-6)
    towards = np.random.RandomState(1).normal(size=shape).astype("f")
    gradients = [
        chainer.grad([F.sum(y * y * towards)], [weight])[0].array for y in (seen, expected)
    ]
    np.testing.assert_allclose(*gradients, rtol=1e-3, atol=1e-5)


def test_gradient_of_the_gradient():
    array, u = drawn((4, 6))
    weight = chainer.Variable(array)
    results = []
    for y in (normalise(weight, u, moving=False), by_chainer(weight, u)[0]):
        (g,) = chainer.grad([F.sum(y**3)], [weight], enable_double_backprop=True)
        (gg,) = chainer.grad([F.sum(g**2)], [weight])
        results.append(gg.array)
    np.testing.assert_allclose(*results, rtol=1e-3, atol=1e-4)


def test_u_rests_when_told_to():
    array, u = drawn((4, 6))
    before = u.copy()
    normalise(chainer.Variable(array), u, moving=False)
    np.testing.assert_array_equal(u, before)


def test_the_hook_agrees_with_and_without_the_kernels():
    link, x = L.Convolution2D(3, 4, 4, initialW=drawn((4, 3, 4, 4))[0]), drawn((2, 3, 8, 8))[0]
    link.add_hook(SpectralNormalization(np.random.RandomState(0)))
    first, results = link.W_u.copy(), []
    for fast in (False, True):
        link.W_u[...] = first
        with cpu.fast_kernels(fast):
            results.append((link(x).array, link.W_u.copy()))
    for plain, fused in zip(*results):
        np.testing.assert_allclose(fused, plain, rtol=1e-4, atol=1e-5)
