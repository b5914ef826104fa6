import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.common.transformations import Cutout, Recolour, Shift


def column(values, dtype="f"):
    return np.array(values, dtype).reshape(-1, 1, 1, 1)


def nodes(bias=True):
    """Makers of each transformation of three images."""
    shift = column([0.3, -0.2, 0]) if bias else None
    return {
        "recolour": lambda: Recolour(
            column([0.7, 1.4, 1]), column([0.2, -0.5, 0]), column([0.4, 0.1, 0]), shift
        ),
        "shift": lambda: Shift(column([1, -2, 0], "i"), column([-1, 0, 3], "i")),
        "cutout": lambda: Cutout(column([-1, 4, 6], "i"), column([2, -2, 0], "i"), 3),
    }


NAMES = tuple(nodes())


@pytest.fixture
def x(rng):
    return rng.normal(size=(3, 3, 6, 6)).astype("f")


def plain(name, x):
    """The formulas, image by image."""
    y = x.copy()
    for image, out, k in zip(x, y, range(3)):
        if name == "recolour":
            own, grey, flat = ((0.7, 1.4, 1)[k], (0.2, -0.5, 0)[k], (0.4, 0.1, 0)[k])
            out[:] = own * image + grey * image.mean(axis=0) + flat * image.mean()
            out += (0.3, -0.2, 0)[k]
        elif name == "shift":
            dy, dx = ((1, -1), (-2, 0), (0, 3))[k]
            for i, j in np.ndindex(6, 6):
                inside = 0 <= i - dy < 6 and 0 <= j - dx < 6
                out[:, i, j] = image[:, i - dy, j - dx] if inside else 0
        else:
            top, left = ((-1, 2), (4, -2), (6, 0))[k]
            for i, j in np.ndindex(6, 6):
                if top <= i < top + 3 and left <= j < left + 3:
                    out[:, i, j] = 0
    return y


@pytest.mark.parametrize("name", NAMES)
def test_equals_the_formula_whatever_lies_innermost_in_memory(name, x):
    innermost = np.ascontiguousarray(x.transpose(1, 2, 3, 0)).transpose(3, 0, 1, 2)
    for images in (x, innermost):
        (y,) = nodes()[name]().apply((images,))
        np.testing.assert_allclose(y.array, plain(name, x), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_the_transpose(name, x, rng):
    make = nodes(bias=False)[name]
    v, gy = chainer.Variable(x), rng.normal(size=x.shape).astype("f")
    (y,) = make().apply((v,))
    (gx,) = chainer.grad([y], [v], [chainer.Variable(gy)])
    assert float((y.array * gy).sum()) == pytest.approx(float((x * gx.array).sum()), rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_differentiable_twice(name, x, rng):
    weight = rng.normal(size=x.shape).astype("f")

    def penalty(image):
        v = chainer.Variable(image)
        (y,) = nodes()[name]().apply((v,))
        (g,) = chainer.grad([F.sum(weight * y**3)], [v], enable_double_backprop=True)
        return v, F.sum(g**2)

    v, loss = penalty(x)
    (gradient,) = chainer.grad([loss], [v])
    direction = rng.normal(size=x.shape).astype("f")
    eps = 1e-3
    ends = [float(penalty(x + sign * eps * direction)[1].array) for sign in (1, -1)]
    expected = (ends[0] - ends[1]) / (2 * eps)
    assert float((gradient.array * direction).sum()) == pytest.approx(expected, rel=2e-2)
