"""Batch-innermost memory: images of shape (n, c, h, w) whose bytes lie in the order c, h, w, n.

Every kernel of this package takes arrays of Chainer's shape in any memory order and returns
them in this one.  A run over the batch is contiguous whatever the stride of a convolution, so
columns are gathered by long copies, and a convolution is ``W (oc, K) @ columns (K, positions)``:
the weight as Chainer stores it, the product already in the order in which the next layer wants
it.  NumPy's elementwise functions keep the order of their operands, so it lasts through a net.
"""

from __future__ import annotations

import math
import threading

import numpy

_local = threading.local()


def scratch(name: str, shape: tuple[int, ...]) -> numpy.ndarray:
    """Return an uninitialised float32 array whose memory the next call of that name reuses.

    For use inside one kernel call only: nothing that outlives the call may refer to it.  The
    memory grows to the largest request and belongs to the calling thread.
    """
    size = math.prod(shape)
    buffer = getattr(_local, name, None)
    if buffer is None or buffer.size < size:
        buffer = numpy.empty(size, dtype=numpy.float32)
        setattr(_local, name, buffer)
    return buffer[:size].reshape(shape)


def to_batch_innermost(x: numpy.ndarray) -> numpy.ndarray:
    """Return ``x`` (n, c, h, w) as a contiguous (c, h, w, n) array, copying if it must."""
    return numpy.ascontiguousarray(x.transpose(1, 2, 3, 0))


def from_batch_innermost(y: numpy.ndarray) -> numpy.ndarray:
    """Return the (n, c, h, w) view of a (c, h, w, n) array."""
    return y.transpose(3, 0, 1, 2)


def framed(x: numpy.ndarray, top: int, left: int, height: int, width: int) -> numpy.ndarray:
    """Return a (c, height, width, n) scratch array with ``x`` at (top, left), zeros around it.

    Args:
        x: Images (n, c, h, w), any memory order.
        top, left: Where the first row and column of ``x`` go; negative ones cut it.
        height, width: Size of the frame; what of ``x`` lies outside is cut.
    """
    n, c, h, w = x.shape
    frame = scratch("frame", (c, height, width, n))
    y0, y1 = max(top, 0), min(top + h, height)
    x0, x1 = max(left, 0), min(left + w, width)
    frame[:, :y0] = 0
    frame[:, y1:] = 0
    frame[:, y0:y1, :x0] = 0
    frame[:, y0:y1, x1:] = 0
    frame[:, y0:y1, x0:x1] = x.transpose(1, 2, 3, 0)[:, y0 - top : y1 - top, x0 - left : x1 - left]
    return frame
