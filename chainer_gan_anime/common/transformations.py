"""Recolouring, shifting and cutting out: linear in the image, so differentiable twice.

Each is a function node whose gradient is another node of its kind.  On the CPU they work image
by image on plain memory; on a device each is one launch (:mod:`kernels.cuda.augment`).
"""

from __future__ import annotations

import chainer
import numpy as np
from chainer import backend

from chainer_gan_anime.kernels.cuda import augment as kernels


class Recolour(chainer.FunctionNode):
    """own * x + grey * (mean over the channels) + (mean over the image) * flat + bias.

    Args:
        own, grey, flat: Factors of each image, (B, 1, 1, 1) arrays on the images' device.
        bias: What is added to each of its values, likewise, or None.

    The two means are projections, each its own transpose, so the gradient is the same without
    the bias.
    """

    def __init__(self, own, grey, flat, bias=None):
        self.factors = own, grey, flat
        self.bias = bias

    def forward(self, inputs):
        """Recolour x (B, 3, H, W)."""
        (x,) = inputs
        own, grey, flat = self.factors
        shift = flat * x.mean(axis=(1, 2, 3), keepdims=True)
        if self.bias is not None:
            shift = shift + self.bias
        if backend.get_array_module(x) is not np:
            return (kernels.recolour(x, own, grey, shift),)
        y = x * own
        y += grey * x.mean(axis=1, keepdims=True) + shift
        return (y,)

    def backward(self, indexes, grad_outputs):
        """Recolour the gradient likewise."""
        return Recolour(*self.factors).apply(grad_outputs)


class Shift(chainer.FunctionNode):
    """Moves each image by whole pixels, with zeros where nothing came from.

    Args:
        down, right: Pixels, int32 (B, 1, 1, 1) on the images' device.
    """

    def __init__(self, down, right):
        self.down, self.right = down, right

    def forward(self, inputs):
        """Move x (B, 3, H, W)."""
        (x,) = inputs
        if backend.get_array_module(x) is not np:
            return (kernels.translate(x, self.down, self.right),)
        x = np.ascontiguousarray(x)  # the CPU's convolutions keep the batch innermost
        y = np.zeros_like(x)
        height, width = x.shape[2:]
        for image, moved, dy, dx in zip(x, y, self.down.ravel(), self.right.ravel()):
            to_rows, from_rows = _overlap(dy, height)
            to_columns, from_columns = _overlap(dx, width)
            moved[:, to_rows, to_columns] = image[:, from_rows, from_columns]
        return (y,)

    def backward(self, indexes, grad_outputs):
        """Move the gradient back."""
        return Shift(-self.down, -self.right).apply(grad_outputs)


class Cutout(chainer.FunctionNode):
    """Sets a square of each image to zero; the gradient likewise.

    Args:
        top, left: First row and column, int32 (B, 1, 1, 1); they may lie outside.
        size: Height and width in pixels.
    """

    def __init__(self, top, left, size: int):
        self.top, self.left, self.size = top, left, size

    def forward(self, inputs):
        """Cut out of x (B, 3, H, W)."""
        (x,) = inputs
        if backend.get_array_module(x) is not np:
            return (kernels.cut_out(x, self.top, self.left, self.size),)
        y = x.copy()
        for image, top, left in zip(y, self.top.ravel(), self.left.ravel()):
            rows = slice(max(top, 0), max(top + self.size, 0))
            image[:, rows, max(left, 0) : max(left + self.size, 0)] = 0
        return (y,)

    def backward(self, indexes, grad_outputs):
        """Cut out of the gradient."""
        return Cutout(self.top, self.left, self.size).apply(grad_outputs)


def _overlap(step: int, size: int) -> tuple[slice, slice]:
    """Return where the rows go and where they come from when moved by ``step``."""
    return (
        slice(max(step, 0), size + min(step, 0)),
        slice(max(-step, 0), size - max(step, 0)),
    )
