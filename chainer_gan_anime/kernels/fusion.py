"""Activations that a layer applies itself, in one pass, where the engine can."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

import chainer
import chainer.functions as F


class Wish:
    """A leaky ReLU that is wanted on a convolution's result.

    Attributes:
        slope: Its slope below zero, in (0, 1].
        done: Whether the convolution has applied it.
    """

    def __init__(self, slope: float):
        self.slope = slope
        self.done = False


_wish: ContextVar[Wish | None] = ContextVar("wish", default=None)


@contextlib.contextmanager
def _wished(slope: float) -> Iterator[Wish]:
    wish = Wish(slope)
    token = _wish.set(wish)
    try:
        yield wish
    finally:
        _wish.reset(token)


def wanted() -> Wish | None:
    """Return the activation that is wanted on the convolution at hand, if any is."""
    wish = _wish.get()
    return None if wish is None or wish.done else wish


def leaky(layer: Callable, x, slope: float) -> chainer.Variable:
    """Return ``F.leaky_relu(layer(x), slope)``.

    Args:
        layer: A link that is one convolution.
        x: Images (n, c, h, w).
        slope: Of the leaky ReLU below zero, in (0, 1].
    """
    with _wished(slope) as wish:
        y = layer(x)
    return y if wish.done else F.leaky_relu(y, slope)
