"""leaky_relu and its gradient without boolean indexing."""

from __future__ import annotations

import numpy


def leaky_relu(x: numpy.ndarray, slope: float) -> numpy.ndarray:
    """max(x, slope * x), which is leaky_relu for 0 < slope <= 1; keeps the memory order."""
    y = x * numpy.float32(slope)
    return numpy.maximum(x, y, out=y)


def leaky_relu_gradient(cond: numpy.ndarray, gy: numpy.ndarray, slope: float) -> numpy.ndarray:
    """``gy`` where ``cond`` > 0, ``slope * gy`` elsewhere."""
    return numpy.where(cond <= 0, gy * numpy.float32(slope), gy)
