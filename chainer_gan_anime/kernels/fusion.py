"""Activations that a layer applies itself, in one pass, where the engine can."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import NamedTuple

import chainer
import chainer.functions as F
from chainer.functions.activation.clipped_relu import ClippedReLUGrad2
from chainer.functions.activation.leaky_relu import _LeakyReLUGrad


class LeakyReLU(NamedTuple):
    """x above 0, ``slope`` * x below it; the slope is in (0, 1]."""

    slope: float

    def apply(self, x) -> chainer.Variable:
        """Return the activation of ``x``."""
        return F.leaky_relu(x, self.slope)

    def go_back(self, y, grad_outputs) -> tuple[chainer.Variable, ...]:
        """Return the gradient by the input, given the output ``y``, an array."""
        return _LeakyReLUGrad(y, self.slope).apply(grad_outputs)


class ReLU6(NamedTuple):
    """x between 0 and ``cap``, clipped to them elsewhere."""

    cap: float = 6.0

    def apply(self, x) -> chainer.Variable:
        """Return the activation of ``x``."""
        return F.clipped_relu(x, self.cap)

    def go_back(self, y, grad_outputs) -> tuple[chainer.Variable, ...]:
        """Return the gradient by the input, given the output ``y``, an array."""
        return ClippedReLUGrad2(y, self.cap).apply(grad_outputs)


Activation = LeakyReLU | ReLU6


class Wish:
    """An activation that is wanted on a convolution's result.

    Attributes:
        activation: Which.
        done: Whether the convolution has applied it.
    """

    def __init__(self, activation: Activation):
        self.activation = activation
        self.done = False


_wish: ContextVar[Wish | None] = ContextVar("wish", default=None)


@contextlib.contextmanager
def _wished(activation: Activation) -> Iterator[Wish]:
    wish = Wish(activation)
    token = _wish.set(wish)
    try:
        yield wish
    finally:
        _wish.reset(token)


def wanted() -> Wish | None:
    """Return the wish about the convolution at hand, if there is one."""
    wish = _wish.get()
    return None if wish is None or wish.done else wish


def activated(layer: Callable, x, activation: Activation) -> chainer.Variable:
    """Return ``activation.apply(layer(x))``.

    Args:
        layer: What is one convolution.
        x: Images (n, c, h, w).
        activation: Comes behind it.
    """
    with _wished(activation) as wish:
        y = layer(x)
    return y if wish.done else activation.apply(y)


def leaky(layer: Callable, x, slope: float) -> chainer.Variable:
    """Return ``F.leaky_relu(layer(x), slope)``; see :func:`activated`."""
    return activated(layer, x, LeakyReLU(slope))
