"""Channels-last memory: images of shape (n, c, h, w) whose bytes lie in the order n, h, w, c.

oneDNN's kernels are fastest in it.  Everything here returns images that lie so, and NumPy's
elementwise functions keep it, so that an iteration transposes nothing back and forth.
"""

from __future__ import annotations

import numpy


def to_channels_last(x: numpy.ndarray) -> numpy.ndarray:
    """Return images (n, c, h, w) with the channels last in memory, copying if it must."""
    return numpy.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def empty_channels_last(n: int, c: int, h: int, w: int) -> numpy.ndarray:
    """Return uninitialised float32 images (n, c, h, w), the channels last in memory."""
    return numpy.empty((n, h, w, c), numpy.float32).transpose(0, 3, 1, 2)


def is_dense(x: numpy.ndarray) -> bool:
    """Whether ``x`` lies without gaps, C-contiguous or with the channels last."""
    return x.flags.c_contiguous or (x.ndim == 4 and x.transpose(0, 2, 3, 1).flags.c_contiguous)


def laid_out_like(x: numpy.ndarray, reference: numpy.ndarray) -> numpy.ndarray:
    """Return ``x`` in the memory order of ``reference``, which is dense and of its shape."""
    if x.strides == reference.strides:
        return x
    result = numpy.empty_like(reference)
    result[...] = x
    return result
