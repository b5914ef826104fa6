"""A generator as an ONNX file, which OpenCV 4 and 5, onnxruntime and many others run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import chainer
import numpy as np

from chainer_gan_anime.export.layers import image_shape, list_layers
from crawler.shared.errors import UserError
from crawler.shared.files import replacing

OPSET = 11  # the first whose DepthToSpace has upstream's order; OpenCV 4.8 reads it
IR_VERSION = 6  # of the time of that opset
BATCH = "batch"  # the name of the free dimension
OUTPUT = "image"


def write_onnx(
    path: str | os.PathLike,
    gen: chainer.Chain,
    metadata: Mapping[str, Any] | None = None,
    pixels: bool = False,
) -> None:
    """Write a generator in test mode as an ONNX model: whole or not at all.

    Inputs are ``z``, float32 (batch, n_hidden), and tags where the generator takes them; the
    output ``image`` is float32 (batch, 3, H, W) in [-1, 1].

    Args:
        path: The file to write or replace.
        gen: The generator, on any device.
        metadata: What the file says of itself, by name; the distribution of z is added.
        pixels: Let the output be uint8, rounded as this project's own pictures are: what
            torch-fidelity expects of a generator, and OpenCV does not read.

    Raises:
        UserError: The package ``onnx`` is missing.
    """
    onnx = _import_onnx()
    layers = list_layers(gen)
    tensors, nodes, names = [], [], list(layers.inputs)

    def tensor(array: np.ndarray) -> str:
        name = f"tensor_{len(tensors)}"
        tensors.append(onnx.numpy_helper.from_array(array, name))
        return name

    def node(operator: str, inputs: list[str], **attributes: Any) -> str:
        name = f"{operator.lower()}_{len(nodes)}"
        nodes.append(onnx.helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    for operation, takes, has in layers.list:
        inputs = [names[i] for i in takes]
        names.append(_OPERATORS[operation](node, tensor, inputs, has))
    last, kind = names[-1], onnx.TensorProto.FLOAT
    if pixels:
        half = tensor(np.float32(127.5))
        last = node("Add", [node("Mul", [last, half]), tensor(np.float32(128))])
        last = node("Min", [last, tensor(np.float32(255))])
        last, kind = node("Cast", [last], to=onnx.TensorProto.UINT8), onnx.TensorProto.UINT8
    nodes[-1].output[0] = OUTPUT

    def value(name: str, kind: int, shape: tuple[int, ...]):
        return onnx.helper.make_tensor_value_info(name, kind, [BATCH, *shape])

    graph = onnx.helper.make_graph(
        nodes,
        "generator",
        [value(name, onnx.TensorProto.FLOAT, (size,)) for name, size in layers.inputs.items()],
        [value(OUTPUT, kind, image_shape(layers))],
        tensors,
    )
    model = onnx.helper.make_model(
        graph,
        producer_name="chainer-gan-anime",
        ir_version=IR_VERSION,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
    )
    said = {"z_distribution": gen.z_distribution, **(metadata or {})}
    onnx.helper.set_model_props(model, {key: str(text) for key, text in said.items()})
    onnx.checker.check_model(model)
    with replacing(path) as file:
        file.write(model.SerializeToString())


def _linear(node, tensor, inputs, has) -> str:
    return node("Gemm", [*inputs, tensor(has["weight"]), tensor(has["bias"])], transB=1)


def _reshape(node, tensor, inputs, has) -> str:
    return node("Reshape", [*inputs, tensor(np.array([-1, *has["shape"]], np.int64))])


def _windows(operator: str):
    def write(node, tensor, inputs, has) -> str:
        return node(
            operator,
            [*inputs, tensor(has["weight"]), tensor(has["bias"])],
            kernel_shape=has["weight"].shape[2:],
            strides=[has["stride"]] * 2,
            pads=[has["pad"]] * 4,
        )

    return write


def _plain(operator: str):
    return lambda node, tensor, inputs, has: node(operator, inputs)


def _concat(node, tensor, inputs, has) -> str:
    return node("Concat", inputs, axis=1)


def _depth_to_space(node, tensor, inputs, has) -> str:
    return node("DepthToSpace", inputs, blocksize=has["ratio"], mode="DCR")


_OPERATORS = {
    "linear": _linear,
    "reshape": _reshape,
    "convolution": _windows("Conv"),
    "deconvolution": _windows("ConvTranspose"),
    "relu": _plain("Relu"),
    "tanh": _plain("Tanh"),
    "add": _plain("Add"),
    "concat": _concat,
    "depth_to_space": _depth_to_space,
}


def _import_onnx():
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
    except ImportError:
        raise UserError(
            "an ONNX file needs the package onnx: install it with "
            "pip install 'chainer-gan-anime[onnx]', or pip install onnx."
        ) from None
    return onnx
