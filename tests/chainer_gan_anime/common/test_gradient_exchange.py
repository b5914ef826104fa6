"""Gradients are averaged whatever their memory order, and in one message between CPUs."""

from __future__ import annotations

import chainer.links as L
import numpy as np

from chainer_gan_anime.common.gradient_exchange import InOneMessage, InOrder


def test_gradients_are_laid_out_before_they_are_averaged():
    class Doubling:
        def multi_node_mean_grad(self, model, zero_fill):
            for param in model.params():
                flat = param.grad.reshape(-1)
                assert np.shares_memory(flat, param.grad)  # ChainerMN writes through such a view
                flat *= 2

    link = L.Linear(3, 2)
    link.W.grad = np.arange(6, dtype=np.float32).reshape(3, 2).T
    link.b.grad = np.ones(4, np.float32)[::2]
    InOrder(Doubling()).multi_node_mean_grad(link, True)
    np.testing.assert_array_equal(link.W.grad, [[0, 4, 8], [2, 6, 10]])
    np.testing.assert_array_equal(link.b.grad, [2, 2])


def test_gradients_of_a_model_go_in_one_message():
    class Doubling:
        sizes: list[int] = []

        def _multi_node_mean(self, sent, received):
            assert sent is None
            self.sizes.append(received.size)
            received *= 2

    link = L.Linear(3, 2)
    link.W.grad = np.arange(6, dtype=np.float32).reshape(3, 2).T
    link.b.grad = np.ones(4, np.float32)[::2]
    InOneMessage(Doubling()).multi_node_mean_grad(link, True)
    np.testing.assert_array_equal(link.W.grad, [[0, 4, 8], [2, 6, 10]])
    np.testing.assert_array_equal(link.b.grad, [2, 2])
    link.cleargrads()
    InOneMessage(Doubling()).multi_node_mean_grad(link, True)
    assert Doubling.sizes == [8]
