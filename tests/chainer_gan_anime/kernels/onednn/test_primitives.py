"""Operations: bounded, freed, and safe in a forked process."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.kernels import onednn
from chainer_gan_anime.kernels.fusion import LeakyReLU
from chainer_gan_anime.kernels.onednn import activation, api, primitives
from tests.chainer_gan_anime.kernels.onednn.derivatives import draw


def live_handles() -> int:
    gc.collect()
    return sum(isinstance(o, api.Handle) for o in gc.get_objects())


def test_the_longest_unused_are_freed(monkeypatch):
    primitives.forget()
    few = primitives.remembered(activation._forward.__wrapped__)
    before = live_handles()
    for size in range(1, primitives.MAX_OPERATIONS + 50):
        few(size, LeakyReLU(0.2))
    kept = few.cache_info()
    assert kept.currsize == primitives.MAX_OPERATIONS
    assert live_handles() - before < 8 * primitives.MAX_OPERATIONS
    primitives.forget()
    assert live_handles() <= before


def test_an_operation_is_made_once_a_shape():
    with onednn.fast_kernels():
        for _ in range(3):
            F.leaky_relu(draw(2, 3))
        assert activation._forward.cache_info().misses == 1
    assert activation._forward.cache_info().currsize == 0


MANY = """
import chainer_gan_anime, numpy as np, chainer.functions as F
from chainer_gan_anime.kernels import onednn
from chainer_gan_anime.kernels.onednn import convolution, primitives

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2**20

def iteration(n):
    x, w = np.ones((n, 8, 16, 16), "f"), np.ones((16, 8, 4, 4), "f")
    F.deconvolution_2d(F.convolution_2d(x, w, stride=2, pad=1), w, stride=2, pad=1)

primitives.MAX_OPERATIONS = 4
for name in ("_convolution", "_deconvolution"):
    made = getattr(convolution, name).__wrapped__
    setattr(convolution, name, primitives.remembered(made))
with onednn.fast_kernels():
    iteration(100)
    for n in range(1, 21):
        iteration(n)
    start = resident()
    for n in range(21, 101):
        iteration(n)
    for _ in range(2000):
        iteration(1)
print(resident() - start)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's /proc")
def test_memory_stays_bounded():
    """Over a hundred batch sizes, of which a few stay, and 2,000 iterations of one."""
    done = subprocess.run([sys.executable, "-c", MANY], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_computes_without_onednn():
    x, weight = draw(4, 3, 8, 8), draw(4, 3, 4, 4, seed=1)
    with onednn.fast_kernels():
        expected = F.convolution_2d(x, weight, stride=2, pad=1).array
        child = os.fork()
        if child == 0:
            os._exit(_child_agrees(x, weight, expected))
        assert os.waitpid(child, 0)[1] == 0
        assert primitives.are_usable()


def _child_agrees(x, weight, expected) -> int:
    try:
        assert not primitives.are_usable()
        y = F.convolution_2d(x, weight, stride=2, pad=1).array
        np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4)
        return 0
    except BaseException:
        return 1
