"""How workers average their gradients: what ChainerMN's optimizer calls a communicator."""

from __future__ import annotations

import chainer
import numpy as np


class InOrder:
    """ChainerMN's communicator, whose gradients are laid out in order first.

    It takes the memory of a gradient as it lies, and a transposed product, say, lies in another
    order.

    Args:
        comm: ChainerMN's communicator.
    """

    def __init__(self, comm):
        self._comm = comm

    def multi_node_mean_grad(self, model: chainer.Link, zero_fill: bool) -> None:
        """Replace the gradients of ``model`` by their means over the workers."""
        for param in model.params():
            if param.grad is not None:
                param.grad = param.device.xp.ascontiguousarray(param.grad)
        self._comm.multi_node_mean_grad(model, zero_fill)


class InOneMessage:
    """Averages all gradients of a model between CPUs at once, laid out in one array.

    For nets of ch 512 this takes a quarter of the time that a message for each takes.

    Args:
        comm: ChainerMN's naive communicator.
    """

    def __init__(self, comm):
        self._comm = comm

    def multi_node_mean_grad(self, model: chainer.Link, zero_fill: bool) -> None:
        """Replace the gradients of ``model``, float32, by their means over the workers."""
        params = [p for _, p in sorted(model.namedparams()) if p.grad is not None]
        if not params:
            return
        grads = np.concatenate([param.grad.ravel() for param in params])
        self._comm._multi_node_mean(None, grads)
        ends = np.cumsum([param.size for param in params])
        for param, grad in zip(params, np.split(grads, ends[:-1])):
            param.grad = grad.reshape(param.shape)
