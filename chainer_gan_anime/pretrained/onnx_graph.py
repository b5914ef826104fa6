"""Writes a network of convolutions as an ONNX model, for OpenCV's faster CPU kernels.

ONNX is protocol buffers (``onnx/onnx.proto3``); the few messages needed are written by hand,
which spares the ``onnx`` package.  Operator set 9: ``Clip`` has its limits as attributes.
"""

from __future__ import annotations

import struct

import numpy as np

_FLOAT, _INTS, _INT = 1, 7, 2  # AttributeProto.type
_IR_VERSION, _OPSET = 4, 9


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, value: int | float | str | bytes) -> bytes:
    """Encode one field: int as varint, float as fixed32, the rest length-delimited."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _attribute(name: str, value: int | float | list[int]) -> bytes:
    if isinstance(value, float):
        body = _field(2, value) + _field(20, _FLOAT)
    elif isinstance(value, int):
        body = _field(3, value) + _field(20, _INT)
    else:
        body = b"".join(_field(8, v) for v in value) + _field(20, _INTS)
    return _field(1, name) + body


def _value_info(name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_field(1, _field(1, size)) for size in shape)
    tensor = _field(1, _FLOAT) + _field(2, dims)
    return _field(1, name) + _field(2, _field(1, tensor))


class OnnxGraph:
    """An ONNX graph under construction; every operator returns the name of its output.

    Args:
        input_shape: (B, C, H, W) of the input named ``input``; readers accept other B.
    """

    def __init__(self, input_shape: tuple[int, int, int, int]):
        self._input_shape = input_shape
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []

    def _node(self, operator: str, inputs: list[str], **attributes) -> str:
        output = f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(
            b"".join(_field(1, name) for name in inputs)
            + _field(2, output)
            + _field(3, output)
            + _field(4, operator)
            + b"".join(_field(5, _attribute(k, v)) for k, v in attributes.items())
        )
        return output

    def _tensor(self, array: np.ndarray) -> str:
        name = f"tensor_{len(self._tensors)}"
        self._tensors.append(
            b"".join(_field(1, size) for size in array.shape)
            + _field(2, _FLOAT)
            + _field(8, name)
            + _field(9, np.ascontiguousarray(array, "<f4").tobytes())
        )
        return name

    def conv(
        self,
        x: str,
        weight: np.ndarray,
        bias: np.ndarray,
        stride: int = 1,
        pad: tuple[int, int] = (0, 0),
        groups: int = 1,
    ) -> str:
        """Append a convolution: weight (out, in / groups, k, k), padding (before, after)."""
        return self._node(
            "Conv",
            [x, self._tensor(weight), self._tensor(bias)],
            kernel_shape=list(weight.shape[2:]),
            strides=[stride, stride],
            pads=[pad[0], pad[0], pad[1], pad[1]],
            group=groups,
        )

    def relu6(self, x: str) -> str:
        """Append min(max(x, 0), 6)."""
        return self._node("Clip", [x], min=0.0, max=6.0)

    def add(self, x: str, y: str) -> str:
        """Append x + y."""
        return self._node("Add", [x, y])

    def global_average(self, x: str) -> str:
        """Append the mean over height and width, kept as (B, C, 1, 1)."""
        return self._node("GlobalAveragePool", [x])

    def to_bytes(self, output: str, output_shape: tuple[int, ...]) -> bytes:
        """Return the ONNX file's bytes with ``output`` as the graph's only result."""
        graph = (
            b"".join(_field(1, node) for node in self._nodes)
            + _field(2, "graph")
            + b"".join(_field(5, tensor) for tensor in self._tensors)
            + _field(11, _value_info("input", self._input_shape))
            + _field(12, _value_info(output, output_shape))
        )
        opset = _field(1, "") + _field(2, _OPSET)
        return _field(1, _IR_VERSION) + _field(7, graph) + _field(8, opset)
