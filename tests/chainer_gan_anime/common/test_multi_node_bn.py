"""Sums over workers: two halves of a batch are normalised as the whole."""

from __future__ import annotations

import threading
import types

import chainer
import numpy as np
import pytest
from chainer.functions.normalization.batch_normalization import BatchNormalization

from chainer_gan_anime.common.multi_node_bn import SharedSums
from chainer_gan_anime.kernels import cpu, engines
from chainer_gan_anime.kernels.onednn import library
from tests.chainer_gan_anime.kernels.onednn.derivatives import draw


class Pair:
    """A communicator of two threads, which meet at each exchange."""

    size = 2

    def __init__(self):
        self.mpi_comm = types.SimpleNamespace(Allgather=self.gather)
        self._rank, self._met, self._held = threading.local(), threading.Barrier(2), [None, None]

    def join(self, rank: int) -> None:
        self._rank.value = rank

    def gather(self, own, gathered):
        self._held[self._rank.value] = own.copy()
        self._met.wait(10)
        gathered[...] = self._held
        self._met.wait(10)

    def _multi_node_mean(self, sent, received):
        gathered = np.empty((2, *received.shape), received.dtype)
        self.gather(received, gathered)
        received[...] = gathered.mean(axis=0)


def normalised(x, gy, gamma, beta, implementation):
    """Value, gradients and statistics."""
    inputs = [chainer.Variable(a) for a in (x, gamma, beta)]
    function = BatchNormalization(impl_selector=lambda *_: implementation)
    (y,) = function.apply(inputs)
    gradients = chainer.grad([y], inputs, [chainer.Variable(gy)])
    return [v.array for v in (y, *gradients)] + [function.mean, function.var]


@pytest.mark.parametrize("shape", [(8, 3, 4, 4), (8, 5)], ids=["images", "vectors"])
@pytest.mark.parametrize("engine", engines.ENGINES)
def test_two_halves_equal_the_whole(engine, shape):
    if engine == "onednn":
        try:
            library.load()
        except library.Missing as error:
            pytest.skip(str(error))
    x, gy = 2 * draw(*shape) + 30, draw(*shape, seed=1)
    gamma, beta = draw(shape[1], seed=2), draw(shape[1], seed=3)
    pair, found = Pair(), [None, None]

    def work(rank: int) -> None:
        pair.join(rank)
        half = slice(4 * rank, 4 * rank + 4)
        found[rank] = normalised(x[half], gy[half], gamma, beta, SharedSums(pair))

    alone = cpu.patch.BatchNormalizationImpl()
    expected = normalised(x, gy, gamma, beta, alone)
    with engines.ENGINES[engine].kernels(False):
        threads = [threading.Thread(target=work, args=(rank,)) for rank in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    (y0, gx0, *sums0), (y1, gx1, *sums1) = found
    for a, b in zip(sums0, sums1):
        np.testing.assert_array_equal(a, b)
    # Means over the workers: the whole batch's gradients of gamma and beta are twice those.
    actual = [np.concatenate([y0, y1]), np.concatenate([gx0, gx1]), 2 * sums0[0], 2 * sums0[1]]
    for a, e in zip([*actual, *sums0[2:]], expected):
        np.testing.assert_allclose(a, e, rtol=2e-4, atol=2e-4)
