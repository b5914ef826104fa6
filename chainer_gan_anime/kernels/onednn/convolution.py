"""Convolution, deconvolution and the weight's gradient by oneDNN.

Images are (n, c, h, w) float32 in any memory order and come back with the channels last.
Weights are Chainer's plain arrays; oneDNN reorders them into its blocks at each call, which is
little beside the products.
"""

from __future__ import annotations

from ctypes import c_int64

import numpy

from chainer_gan_anime.kernels.fusion import Activation
from chainer_gan_anime.kernels.onednn import api, bfloat16, columns, sub_pixel, winograd
from chainer_gan_anime.kernels.onednn.activation import elementwise
from chainer_gan_anime.kernels.onednn.layout import empty_channels_last
from chainer_gan_anime.kernels.onednn.primitives import (
    Layout,
    Operation,
    layout_of,
    remembered,
)

Pair = tuple[int, int]


class _Geometry:
    """What the primitives of one convolution share: layouts and the window's way.

    Args:
        x, weight, y: Layouts of its input, its weight (oc, c, kh, kw) and its output.
        stride, pad: Vertical and horizontal.
    """

    def __init__(self, x: Layout, weight: Layout, y: Layout, stride: Pair, pad: Pair):
        self.x, self.weight, self.y = x, weight, y
        pair = c_int64 * 2
        # Windows may reach past the padded image (cover_all), and rows may stay unread.
        end = [
            max((o - 1) * s + k - i - p, 0)
            for o, s, k, i, p in zip(y[0][2:], stride, weight[0][-2:], x[0][2:], pad)
        ]
        self.way = pair(*stride), pair(0, 0), pair(*pad), pair(*end)

    def channels_last(self, layout: Layout) -> api.Handle:
        """Describe images of a layout's shape and type with the channels last."""
        _, c, h, w = layout[0]
        return api.onednn().layout(layout[0], (h * w * c, 1, w * c, c), layout[2])


def _vector(size: int) -> api.Handle:
    return api.onednn().layout((size,), (1,))


@remembered
def _convolution(x, weight, y, stride, pad, has_bias, activation) -> Operation:
    dnn, geometry = api.onednn(), _Geometry(x, weight, y, stride, pad)
    bias = _vector(y[0][1]) if has_bias else None
    attributes = dnn.attributes
    if activation is not None:
        attributes = dnn.attributes_with_activation(*elementwise(activation))
    descriptor = dnn.describe(
        "convolution_forward",
        *(dnn.engine, api.FORWARD, api.CONVOLUTION),
        geometry.channels_last(x),
        dnn.any_layout(weight[0], x[2]),
        bias,
        geometry.channels_last(y),
        *(*geometry.way, attributes),
    )
    inputs = {api.SRC: dnn.layout(*x), api.WEIGHTS: dnn.layout(*weight)}
    if has_bias:
        inputs[api.BIAS] = bias
    return Operation(descriptor, inputs, {api.DST: dnn.layout(*y)})


@remembered
def _deconvolution(x, weight, y, stride, pad, has_bias) -> Operation:
    """Transposes a convolution from ``y`` to ``x``; ``weight`` is (channels of x, of y, ...)."""
    dnn, geometry = api.onednn(), _Geometry(y, weight, x, stride, pad)
    bias = _vector(y[0][1]) if has_bias else None
    # oneDNN names the output first.
    swapped = *((*v[:-4], v[-3], v[-4], *v[-2:]) for v in weight[:2]), weight[2]
    descriptor = dnn.describe(
        "deconvolution_forward",
        *(dnn.engine, api.FORWARD, api.DECONVOLUTION),
        geometry.channels_last(x),
        dnn.any_layout(swapped[0], x[2]),
        bias,
        geometry.channels_last(y),
        *(*geometry.way, dnn.attributes),
    )
    inputs = {api.SRC: dnn.layout(*x), api.WEIGHTS: dnn.layout(*swapped)}
    if has_bias:
        inputs[api.BIAS] = bias
    return Operation(descriptor, inputs, {api.DST: dnn.layout(*y)})


@remembered
def _weight_gradient(x, weight, y, stride, pad) -> Operation:
    dnn, geometry = api.onednn(), _Geometry(x, weight, y, stride, pad)
    forward = dnn.describe(
        "convolution_forward",
        *(dnn.engine, api.FORWARD, api.CONVOLUTION),
        geometry.channels_last(x),
        dnn.any_layout(weight[0], x[2]),
        None,
        geometry.channels_last(y),
        *(*geometry.way, dnn.attributes),
    )
    descriptor = dnn.describe(
        "convolution_backward_weights",
        *(dnn.engine, api.CONVOLUTION),
        geometry.channels_last(x),
        dnn.any_layout(weight[0]),
        None,
        geometry.channels_last(y),
        *(*geometry.way, forward, dnn.attributes),
    )
    inputs = {api.SRC: dnn.layout(*x), api.DIFF_DST: dnn.layout(*y)}
    return Operation(descriptor, inputs, {api.DIFF_WEIGHTS: dnn.layout(*weight)})


def _by_group(weight: numpy.ndarray, groups: int) -> numpy.ndarray:
    """Return a view of Chainer's weight as oneDNN wants it: with an axis of groups, if any."""
    return weight if groups == 1 else weight.reshape(groups, -1, *weight.shape[1:])


def _as_factor(x: numpy.ndarray, groups: int) -> numpy.ndarray:
    """Round a convolution's input where that is switched on, unless it has groups.

    A depthwise convolution makes no use of AMX, and oneDNN's transpose of one with a stride
    takes nine times as long in bfloat16 as in float32, or far longer on small maps.
    """
    return bfloat16.as_factor(x) if groups == 1 else x


def convolve(
    x: numpy.ndarray,
    weight: numpy.ndarray,
    b: numpy.ndarray | None,
    stride: Pair,
    pad: Pair,
    size: Pair,
    activation: Activation | None = None,
    groups: int = 1,
) -> numpy.ndarray:
    """Two-dimensional convolution (cross-correlation), as ``F.convolution_2d``.

    Args:
        x: Images (n, c, h, w), float32.
        weight: Filters (oc, c / groups, kh, kw), float32.
        b: Bias (oc,), contiguous, or None.
        stride, pad: Vertical and horizontal.
        size: Height and width of the output; windows that reach past the padded image
            (``cover_all``) find zeros there.
        activation: Is applied to the result, if one is given.
        groups: Parts into which the channels are cut, each convolved by itself.

    Returns:
        Images (n, oc, *size), float32.

    Raises:
        Unsupported: oneDNN has no kernel for it.
    """
    x, y = _as_factor(x, groups), empty_channels_last(len(x), len(weight), *size)
    weight = _by_group(weight, groups)
    layouts = layout_of(x), layout_of(weight), layout_of(y)
    run = _convolution(*layouts, stride, pad, b is not None, activation)
    run(x, weight, *(() if b is None else (b,)), y)
    return y


def deconvolve(
    x: numpy.ndarray,
    weight: numpy.ndarray,
    b: numpy.ndarray | None,
    stride: Pair,
    pad: Pair,
    size: Pair,
    groups: int = 1,
) -> numpy.ndarray:
    """Two-dimensional transposed convolution, as ``F.deconvolution_2d``.

    Args:
        x: Images (n, ic, h, w), float32.
        weight: Filters (ic, oc / groups, kh, kw), float32.
        b: Bias (oc,), contiguous, or None.
        stride, pad: Vertical and horizontal, of the convolution this is the transpose of.
        size: Height and width of the output.
        groups: Parts into which the channels are cut, each by itself.

    Returns:
        Images (n, oc, *size), float32.

    Raises:
        Unsupported: oneDNN has no kernel for it.
    """
    if groups == 1 and sub_pixel.is_covered(weight.shape[1], weight.shape[2:], stride, pad, size):
        bias = None if b is None else numpy.tile(b, 4)
        window = sub_pixel.window_weight(weight)
        return sub_pixel.interleave(convolve(x, window, bias, (1, 1), (1, 1), x.shape[2:]))
    n_channels = weight.shape[1] * groups
    x, y = _as_factor(x, groups), empty_channels_last(len(x), n_channels, *size)
    weight = _by_group(weight, groups)
    layouts = layout_of(x), layout_of(weight), layout_of(y)
    run = _deconvolution(*layouts, stride, pad, b is not None)
    run(x, weight, *(() if b is None else (b,)), y)
    return y


def weight_gradient(
    x: numpy.ndarray, gy: numpy.ndarray, kernel: Pair, stride: Pair, pad: Pair
) -> numpy.ndarray:
    """Gradient of a convolution's weight.

    Args:
        x: The convolution's input (n, c, h, w).
        gy: Gradient of its output (n, oc, oh, ow).
        kernel, stride, pad: The convolution's.

    Returns:
        Array (oc, c, kh, kw), contiguous.

    Raises:
        Unsupported: oneDNN has no kernel for it.
    """
    x, gy = bfloat16.as_factor(x), bfloat16.as_factor(gy)
    if columns.are_faster(x, gy):
        return columns.weight_gradient(x, gy, kernel, stride, pad)
    if winograd.is_faster(x, gy, kernel, stride, pad):
        return winograd.weight_gradient(x, gy, stride[0])
    gradient = numpy.empty((gy.shape[1], x.shape[1], *kernel), numpy.float32)
    layouts = layout_of(x), layout_of(gradient), layout_of(gy)
    _weight_gradient(*layouts, stride, pad)(x, gy, gradient)
    return gradient
