"""A generator's layers as plain numbers, batch normalisation folded into the layer before it.

What leaves this project, the ONNX file and the page that draws by itself, is made from this
list and not from Chainer's links.  :func:`list_layers` knows how each generator's class is
built; a generator of another build adds a function to :data:`BUILDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import chainer
import chainer.links as L
import numpy as np

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.srresnet import N_BLOCKS, SRResNetGenerator


class Layers:
    """Layers in the order they are computed; each method appends one and returns its number.

    Numbers count the inputs first, then the layers; a layer takes the results of earlier ones
    by their numbers.

    Args:
        inputs: Size of each input by its name, such as ``{"z": 128}``; each is (B, size).

    Attributes:
        list: (name of the operation, numbers it takes, what it has) of each layer.  Weights are
            float32; those of a deconvolution are (in, out, k, k) as Chainer has them, of a
            convolution (out, in, k, k), of a linear layer (out, in).
    """

    def __init__(self, inputs: dict[str, int]):
        self.inputs = inputs
        self.list: list[tuple[str, tuple[int, ...], dict[str, Any]]] = []

    def _append(self, operation: str, takes: tuple[int, ...], **has: Any) -> int:
        self.list.append((operation, takes, has))
        return len(self.inputs) + len(self.list) - 1

    def linear(self, x: int, link: L.Linear, bn: L.BatchNormalization | None = None) -> int:
        """Append a linear layer, and the normalisation after it: (B, in) to (B, out)."""
        weight, bias = fold(link, 0, bn)
        return self._append("linear", (x,), weight=weight, bias=bias)

    def deconvolution(
        self, x: int, link: L.Deconvolution2D, bn: L.BatchNormalization | None = None
    ) -> int:
        """Append a transposed convolution, and the normalisation after it."""
        weight, bias = fold(link, 1, bn)
        sizes = dict(stride=link.stride[0], pad=link.pad[0])
        return self._append("deconvolution", (x,), weight=weight, bias=bias, **sizes)

    def convolution(
        self, x: int, link: L.Convolution2D, bn: L.BatchNormalization | None = None
    ) -> int:
        """Append a convolution, and the normalisation after it."""
        weight, bias = fold(link, 0, bn)
        sizes = dict(stride=link.stride[0], pad=link.pad[0])
        return self._append("convolution", (x,), weight=weight, bias=bias, **sizes)

    def reshape(self, x: int, shape: tuple[int, int, int]) -> int:
        """Append (B, C H W) to (B, C, H, W)."""
        return self._append("reshape", (x,), shape=tuple(shape))

    def relu(self, x: int) -> int:
        """Append max(x, 0)."""
        return self._append("relu", (x,))

    def tanh(self, x: int) -> int:
        """Append the hyperbolic tangent."""
        return self._append("tanh", (x,))

    def add(self, x: int, y: int) -> int:
        """Append x + y."""
        return self._append("add", (x, y))

    def concat(self, x: int, y: int) -> int:
        """Append the two side by side along axis 1."""
        return self._append("concat", (x, y))

    def depth_to_space(self, x: int, ratio: int) -> int:
        """Append Chainer's ``depth2space``: channel (i r + j) C + c to pixel (i, j) of c."""
        return self._append("depth_to_space", (x,), ratio=ratio)


def fold(
    link: chainer.Link, axis: int, bn: L.BatchNormalization | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return a layer's weight and bias, float32, with the test mode of ``bn`` in them.

    Args:
        link: Linear, convolution or deconvolution.
        axis: That of its weight that counts its results.
        bn: The normalisation of its results by running statistics; or None.  One of fewer
            channels than there are results stands after ``depth_to_space``.
    """
    to_host = chainer.get_device("@numpy").send
    weight = np.asarray(to_host(link.W.array), np.float64)
    n_out = weight.shape[axis]
    bias = np.zeros(n_out) if link.b is None else np.asarray(to_host(link.b.array), np.float64)
    if bn is not None:
        gamma, beta, mean, var = (
            np.tile(to_host(getattr(value, "array", value)), n_out // bn.avg_mean.size)
            for value in (bn.gamma, bn.beta, bn.avg_mean, bn.avg_var)
        )
        scale = gamma / np.sqrt(var.astype(np.float64) + bn.eps)
        weight = weight * scale.reshape([n_out if i == axis else 1 for i in range(weight.ndim)])
        bias = (bias - mean) * scale + beta
    return weight.astype(np.float32), bias.astype(np.float32)


def _list_bottom(gen: Generator) -> tuple[Layers, int]:
    """Return the layers up to the first feature map, and its number."""
    n_tags = gen.l0.W.shape[1] - gen.n_hidden  # as -1 and 1, of generators that draw by them
    layers = Layers({"z": gen.n_hidden, **({"tags": n_tags} if n_tags else {})})
    h = layers.concat(0, 1) if n_tags else 0
    h = layers.relu(layers.linear(h, gen.l0, getattr(gen, "bn0", None)))
    return layers, layers.reshape(h, gen.bottom_shape)


def _list_stack(gen: Generator) -> Layers:
    """Of the linear layer and the deconvolutions of variants A and B."""
    layers, h = _list_bottom(gen)
    for i in range(1, gen.n_hidden_deconvolutions + 1):
        h = layers.deconvolution(h, gen[f"dc{i}"], getattr(gen, f"bn{i}", None))
        h = layers.relu(h)
    layers.tanh(layers.deconvolution(h, gen[f"dc{gen.n_hidden_deconvolutions + 1}"]))
    return layers


def _list_srresnet(gen: SRResNetGenerator) -> Layers:
    """Of residual blocks under one long skip, and pixel shuffles."""
    layers, bottom = _list_bottom(gen)
    h = bottom
    for i in range(1, N_BLOCKS + 1):
        inner = layers.relu(layers.convolution(h, gen[f"c{i}_0"], gen[f"bn{i}_0"]))
        h = layers.add(h, layers.convolution(inner, gen[f"c{i}_1"], gen[f"bn{i}_1"]))
    skip = layers.relu(layers.convolution(h, gen.c_skip, gen.bn_skip))
    h = layers.add(bottom, skip)
    for i in range(1, gen.n_shuffles + 1):
        h = layers.convolution(h, gen[f"c_up{i}"], gen[f"bn_up{i}"])
        h = layers.relu(layers.depth_to_space(h, 2))
    layers.tanh(layers.deconvolution(h, gen.dc1))
    return layers


# How a generator is built, by its class or the nearest one it derives from.
BUILDS: dict[type, Callable[[Any], Layers]] = {
    SRResNetGenerator: _list_srresnet,
    Generator: _list_stack,
}


def list_layers(gen: chainer.Chain) -> Layers:
    """Return a generator's layers in test mode; the last one's result is the image, [-1, 1].

    Raises:
        TypeError: No function of :data:`BUILDS` knows a generator of its class.
    """
    for base in type(gen).__mro__:
        # A class that computes otherwise than the one its entry describes is another build.
        if base in BUILDS and type(gen).forward is base.forward:
            return BUILDS[base](gen)
    raise TypeError(f"{type(gen).__name__} has no entry in export.layers.BUILDS")


def image_shape(layers: Layers) -> tuple[int, int, int]:
    """Return (C, H, W) of the image that the layers make."""
    shapes: list[tuple[int, ...]] = [(size,) for size in layers.inputs.values()]
    for operation, takes, has in layers.list:
        shape = shapes[takes[0]]
        if operation == "linear":
            shape = (len(has["weight"]),)
        elif operation == "reshape":
            shape = has["shape"]
        elif operation == "concat":
            shape = (shape[0] + shapes[takes[1]][0], *shape[1:])
        elif operation == "depth_to_space":
            r = has["ratio"]
            shape = (shape[0] // r**2, shape[1] * r, shape[2] * r)
        elif operation in ("convolution", "deconvolution"):
            k, stride, pad = has["weight"].shape[-1], has["stride"], has["pad"]
            if operation == "deconvolution":
                channels = has["weight"].shape[1]
                shape = (channels, *((side - 1) * stride - 2 * pad + k for side in shape[1:]))
            else:
                channels = has["weight"].shape[0]
                shape = (channels, *((side + 2 * pad - k) // stride + 1 for side in shape[1:]))
        shapes.append(shape)
    return shapes[-1]
