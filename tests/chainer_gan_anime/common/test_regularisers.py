import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest

from chainer_gan_anime.common.regularisers import LECAM_START, R1, R1_EVERY, LeCam


class Quadratic(chainer.Chain):
    """A logit whose gradient at x is 2 * w * x."""

    compute_dtype = None

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.w = chainer.Parameter(np.full((1, 1, 1, 1), 1.5, "f"))

    def forward(self, x):
        return F.sum(F.broadcast_to(self.w, x.shape) * x**2, axis=(1, 2, 3))[:, None]


def test_r1_is_the_mean_squared_gradient_every_sixteenth_step(rng):
    dis, r1 = Quadratic(), R1(gamma=0.4)
    x = rng.normal(size=(5, 3, 4, 4)).astype("f")
    terms = [r1(dis, x, None, None) for _ in range(2 * R1_EVERY)]
    assert [i for i, term in enumerate(terms) if term is not None] == [0, R1_EVERY]
    squares = ((2 * 1.5 * x) ** 2).sum(axis=(1, 2, 3))
    assert float(terms[0].array) == pytest.approx(16 * 0.4 / 2 * squares.mean(), rel=1e-5)
    (gradient,) = chainer.grad([terms[0]], [dis.w])  # reaches D's weights: d/dw of w^2
    assert gradient.array.item() == pytest.approx(2 * float(terms[0].array) / 1.5, rel=1e-5)


def test_lecam_pulls_each_sides_logits_to_the_others_past():
    dis, lecam = L.Linear(1, 1), LeCam(weight=0.3)
    dis.compute_dtype = None
    y_real = chainer.Variable(np.array([[2.0], [-1.0]], "f"))
    y_fake = chainer.Variable(np.array([[0.5], [-3.0]], "f"))
    for _ in range(LECAM_START):
        assert lecam(dis, None, y_real, y_fake) is None
    term = lecam(dis, None, y_real, y_fake)
    past = 1 - 0.99 ** (LECAM_START + 1)
    of_real, of_fake = 0.5 * past, -1.25 * past
    np.testing.assert_allclose(lecam.anchors, [of_real, of_fake], rtol=1e-3)
    expected = 0.3 * (
        np.mean(np.maximum(y_real.array - of_fake, 0) ** 2)
        + np.mean(np.maximum(of_real - y_fake.array, 0) ** 2)
    )
    assert float(term.array) == pytest.approx(expected, rel=1e-3)
