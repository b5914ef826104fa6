"""leaky_relu and its gradient without boolean indexing."""

from __future__ import annotations

import numpy


def leaky_relu(x: numpy.ndarray, slope: float) -> numpy.ndarray:
    """max(x, slope * x), which is leaky_relu for 0 < slope <= 1; keeps the memory order."""
    y = x * numpy.float32(slope)
    return numpy.maximum(x, y, out=y)


def leaky_relu_gradient(cond: numpy.ndarray, gy: numpy.ndarray, slope: float) -> numpy.ndarray:
    """``gy`` where ``cond`` > 0, ``slope * gy`` elsewhere; in the memory order of ``cond``.

    Arithmetic on the mask instead of a choice by it: signs of activations are close to random,
    and ``numpy.where`` pays a mispredicted branch for every other one (8 times slower).
    """
    scale = (cond > 0).astype(numpy.float32)
    numpy.maximum(scale, numpy.float32(slope), out=scale)
    scale *= gy
    return scale
