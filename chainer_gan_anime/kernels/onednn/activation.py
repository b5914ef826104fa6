"""ReLU and leaky ReLU with their gradients by oneDNN, for dense arrays in any memory order."""

from __future__ import annotations

from ctypes import c_float

import numpy

from chainer_gan_anime.kernels.onednn import api
from chainer_gan_anime.kernels.onednn.layout import laid_out_like
from chainer_gan_anime.kernels.onednn.primitives import Operation, remembered


def _describe_forward(line: api.Handle, slope: float) -> api.Handle:
    dnn = api.onednn()
    arguments = line, line, c_float(slope), c_float(0), dnn.attributes
    return dnn.describe("eltwise_forward", dnn.engine, api.FORWARD, api.RELU_BY_OUTPUT, *arguments)


@remembered
def _forward(size: int, slope: float) -> Operation:
    line = api.onednn().layout((size,), (1,))
    return Operation(_describe_forward(line, slope), {api.SRC: line}, {api.DST: line})


@remembered
def _backward(size: int, slope: float) -> Operation:
    dnn = api.onednn()
    line = dnn.layout((size,), (1,))
    descriptor = dnn.describe(
        "eltwise_backward",
        *(dnn.engine, api.RELU_BY_OUTPUT, line, line, line, c_float(slope), c_float(0)),
        *(_describe_forward(line, slope), dnn.attributes),
    )
    return Operation(descriptor, {api.DST: line, api.DIFF_DST: line}, {api.DIFF_SRC: line})


def leaky_relu(x: numpy.ndarray, slope: float) -> numpy.ndarray:
    """``x`` where it is above 0, ``slope * x`` elsewhere; in the memory order of ``x``, dense."""
    y = numpy.empty_like(x)
    _forward(x.size, slope)(x, y)
    return y


def leaky_relu_gradient(cond: numpy.ndarray, gy: numpy.ndarray, slope: float) -> numpy.ndarray:
    """``gy`` where ``cond`` > 0, ``slope * gy`` elsewhere; in the memory order of ``cond``."""
    gx = numpy.empty_like(cond)
    _backward(cond.size, slope)(cond, laid_out_like(gy, cond), gx)
    return gx
