"""bfloat16, a float32 without its last 16 bits (8 bits of precision), which NumPy holds as uint16.

The factors of products are rounded to it where that is switched on, and sums stay float32.  A
factor of several products, such as a layer's input in its forward pass and in its weight's
gradient, is rounded once.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

import numpy

from chainer_gan_anime.kernels.onednn import api
from chainer_gan_anime.kernels.onednn.primitives import (
    Layout,
    Operation,
    layout_of,
    remembered,
)

# The id of an array to itself, which keeps the id its own, and its copy.
Copies = dict[int, tuple[numpy.ndarray, numpy.ndarray]]

_enabled = False
_kept: ContextVar[tuple[Copies, ...]] = ContextVar("kept", default=())


@contextlib.contextmanager
def factors(enabled: bool = True) -> Iterator[None]:
    """Round both factors of every product inside a ``with`` block."""
    global _enabled
    before, _enabled = _enabled, enabled
    try:
        yield
    finally:
        _enabled = before


@contextlib.contextmanager
def rounded_once(copies: Copies) -> Iterator[None]:
    """Take rounded images from ``copies``, and put new ones there, inside a ``with`` block.

    Within it nothing may change these arrays in place.  Blocks in one another share theirs.
    """
    token = _kept.set((*_kept.get(), copies))
    try:
        yield
    finally:
        _kept.reset(token)


@remembered
def _rounding(x: Layout, y: Layout) -> Operation:
    dnn = api.onednn()
    before, after = dnn.layout(*x), dnn.layout(*y)
    descriptor = dnn.describe("reorder", before, dnn.engine, after, dnn.engine, dnn.attributes)
    return Operation(descriptor, {api.SRC: before}, {api.DST: after})


def write_rounded(x: numpy.ndarray, y: numpy.ndarray) -> None:
    """Round float32 images into a uint16 array of their shape, both in any memory order."""
    _rounding(layout_of(x), layout_of(y))(x, y)


def as_factor(x: numpy.ndarray) -> numpy.ndarray:
    """Return images (n, c, h, w) as products read them.

    Themselves, or rounded, uint16, with the channels last in memory.
    """
    if not _enabled:
        return x
    kept = _kept.get()
    for copies in kept:
        if id(x) in copies:
            return copies[id(x)][1]
    n, c, h, w = x.shape
    y = numpy.empty((n, h, w, c), numpy.uint16).transpose(0, 3, 1, 2)
    write_rounded(x, y)
    for copies in kept:
        copies[id(x)] = x, y
    return y
