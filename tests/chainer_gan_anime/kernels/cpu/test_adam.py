"""Adam's step by blocks against Chainer's own, to the bit."""

from __future__ import annotations

import chainer
import chainer.links as L
import numpy as np
import pytest

from chainer_gan_anime.kernels import cpu
from chainer_gan_anime.kernels.cpu import adam


def moved(fast: bool, dtype=np.float32, **options) -> dict[str, np.ndarray]:
    """Returns parameters and moments after some steps on drawn gradients."""
    rng = np.random.RandomState(0)
    with chainer.using_config("dtype", dtype):
        link = L.Linear(7, 300, initialW=rng.normal(size=(300, 7)))
    optimizer = chainer.optimizers.Adam(1e-2, 0.5, 0.999, **options).setup(link)
    with cpu.fast_kernels(fast):
        for k in range(5):
            for param in link.params():
                grad = rng.normal(size=param.shape[::-1]).astype(dtype)
                # Gradients come in any memory order; one that is cleared counts as zeros.
                param.grad = None if k == 3 and param.name == "b" else grad.T
            optimizer.update()
    values = {"W": link.W.array, "b": link.b.array}
    states = {f"{p.name} {k}": v for p in link.params() for k, v in p.update_rule.state.items()}
    return {**values, **states}


@pytest.mark.parametrize(
    "options",
    [{}, {"eta": 0.5}, {"weight_decay_rate": 0.1}, {"amsgrad": True}, {"dtype": np.float64}],
    ids=str,
)
def test_equals_chainer_to_the_bit(options, monkeypatch):
    monkeypatch.setattr(adam, "BLOCK_VALUES", 1000)
    expected, actual = moved(False, **options), moved(True, **options)
    assert actual.keys() == expected.keys() and len(actual) >= 6
    for key in expected:
        np.testing.assert_array_equal(actual[key], expected[key], err_msg=key)


def test_the_blocks_are_reached(monkeypatch):
    called = []
    monkeypatch.setattr(adam, "step", lambda *arguments: called.append(len(arguments)))
    moved(True)
    assert len(called) == 10
