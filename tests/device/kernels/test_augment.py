"""The augmentation's kernels against what the CPU does."""

import chainer
import cupy
import numpy as np
import pytest

from chainer_gan_anime.common.transformations import Cutout, Recolour, Shift

x = np.random.RandomState(0).normal(size=(3, 3, 6, 5)).astype(np.float32)


def column(xp, values, dtype="f"):
    return xp.asarray(np.array(values, dtype).reshape(-1, 1, 1, 1))


def make(name, xp):
    if name == "recolour":
        rows = [0.7, 1.4, 1], [0.2, -0.5, 0], [0.4, 0.1, 0], [0.3, -0.2, 0]
        return Recolour(*(column(xp, row) for row in rows))
    if name == "shift":
        return Shift(column(xp, [1, -2, 0], "i"), column(xp, [-1, 0, 3], "i"))
    return Cutout(column(xp, [-1, 4, 6], "i"), column(xp, [2, -2, 0], "i"), 3)


@pytest.mark.parametrize("name", ["recolour", "shift", "cutout"])
@pytest.mark.parametrize("channel_first", [False, True])
def test_equals_the_cpu(name, channel_first, counting):
    (expected,) = make(name, np).apply((x,))
    images = cupy.asarray(x)
    if channel_first:  # as the device's own convolutions leave them
        images = cupy.ascontiguousarray(images.transpose(1, 0, 2, 3)).transpose(1, 0, 2, 3)
    with counting() as seen:
        (y,) = make(name, cupy).apply((images,))
    np.testing.assert_allclose(y.array.get(), expected.array, rtol=1e-5, atol=1e-6)
    if not channel_first:
        assert seen.n_launches == (4 if name == "recolour" else 1)


@pytest.mark.parametrize("name", ["recolour", "shift", "cutout"])
def test_the_gradient_equals_the_cpus(name):
    def gradient(xp):
        v = chainer.Variable(xp.asarray(x))
        (y,) = make(name, xp).apply((v,))
        (g,) = chainer.grad([y], [v], [chainer.Variable(xp.asarray(x[::-1].copy()))])
        return chainer.get_device("@numpy").send(g.array)

    np.testing.assert_allclose(gradient(cupy), gradient(np), rtol=1e-5, atol=1e-6)
