"""ReLU, leaky ReLU and ReLU6 with their gradients by oneDNN, for dense arrays in any order."""

from __future__ import annotations

from ctypes import c_float

import numpy

from chainer_gan_anime.kernels.fusion import Activation, LeakyReLU, ReLU6
from chainer_gan_anime.kernels.onednn import api
from chainer_gan_anime.kernels.onednn.layout import laid_out_like
from chainer_gan_anime.kernels.onednn.primitives import Operation, remembered


def elementwise(activation: Activation, by_output: bool = False) -> tuple[int, float, float]:
    """Return oneDNN's number of an activation and its two constants.

    Args:
        activation: Which.
        by_output: Whether its gradient is to be told by the output, not the input.
    """
    if isinstance(activation, ReLU6):
        return api.CLIP_BY_OUTPUT if by_output else api.CLIP, 0.0, activation.cap
    return api.RELU_BY_OUTPUT if by_output else api.RELU, activation.slope, 0.0


def _describe_forward(line: api.Handle, activation: Activation) -> api.Handle:
    dnn = api.onednn()
    kind, *constants = elementwise(activation, by_output=True)
    arguments = line, line, *map(c_float, constants), dnn.attributes
    return dnn.describe("eltwise_forward", dnn.engine, api.FORWARD, kind, *arguments)


@remembered
def _forward(size: int, activation: Activation) -> Operation:
    line = api.onednn().layout((size,), (1,))
    return Operation(_describe_forward(line, activation), {api.SRC: line}, {api.DST: line})


@remembered
def _backward(size: int, activation: Activation) -> Operation:
    dnn = api.onednn()
    line = dnn.layout((size,), (1,))
    kind, *constants = elementwise(activation, by_output=True)
    descriptor = dnn.describe(
        "eltwise_backward",
        *(dnn.engine, kind, line, line, line, *map(c_float, constants)),
        *(_describe_forward(line, activation), dnn.attributes),
    )
    return Operation(descriptor, {api.DST: line, api.DIFF_DST: line}, {api.DIFF_SRC: line})


def leaky_relu(x: numpy.ndarray, slope: float) -> numpy.ndarray:
    """``x`` where it is above 0, ``slope * x`` elsewhere; in the memory order of ``x``, dense."""
    y = numpy.empty_like(x)
    _forward(x.size, LeakyReLU(slope))(x, y)
    return y


def gradient(cond: numpy.ndarray, gy: numpy.ndarray, activation: Activation) -> numpy.ndarray:
    """Return ``gy`` times the activation's slope where it took the value ``cond``.

    Of a leaky ReLU (slope 0 for a ReLU) or ReLU6; in the memory order of ``cond``, which may be
    the activation's input as well as its output: both lie on the same side of its bends.
    """
    gx = numpy.empty_like(cond)
    _backward(cond.size, activation)(cond, laid_out_like(gy, cond), gx)
    return gx
