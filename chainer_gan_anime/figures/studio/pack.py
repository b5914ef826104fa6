"""A generator's layers as text that the studio's page unpacks: int8, float16 or float32."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from chainer_gan_anime.export.layers import Layers

PRECISIONS = ("int8", "float16", "float32")


def pack(layers: Layers, precision: str = "int8") -> dict[str, Any]:
    """Return the layers as values for JSON.

    Args:
        layers: The generator's, with batch normalisation folded.
        precision: Of the weights: ``int8`` with a scale for each result of a layer (what a
            picture then differs by is measured in the tests), ``float16``, or ``float32``, which
            is exact.  Biases and scales are float32.

    Returns:
        ``inputs``, sizes by name; ``precision``; ``layers``, each (operation, layers it takes,
        sizes, among them ``weight``, the shape of one); and ``data``: of each layer with
        weights its bias, its scales where there are any, and its weights (out, in, k, k), each
        filled up to 4 bytes, as base64.
    """
    parts: list[bytes] = []
    listed = []
    for operation, takes, has in layers.list:
        sizes = {key: value for key, value in has.items() if key not in ("weight", "bias")}
        if "weight" in has:
            weight = has["weight"]
            if operation == "deconvolution":  # from (in, out, k, k)
                weight = weight.swapaxes(0, 1)
            _check(operation, weight, sizes)
            sizes["weight"] = weight.shape
            parts += [_bytes(has["bias"].astype("<f4")), *_pack_weight(weight, precision)]
        listed.append([operation, takes, sizes])
    data = base64.b64encode(b"".join(parts)).decode()
    return {"inputs": layers.inputs, "precision": precision, "layers": listed, "data": data}


def _check(operation: str, weight: np.ndarray, sizes: dict[str, Any]) -> None:
    """Refuse windows that the page's code does not go through."""
    if operation == "linear":
        return
    k, stride, pad = weight.shape[-1], sizes["stride"], sizes["pad"]
    if k - 2 * pad != stride or (operation == "convolution" and stride != 1):
        raise ValueError(f"{operation} of kernel {k}, stride {stride}, padding {pad}")


def _pack_weight(weight: np.ndarray, precision: str) -> list[bytes]:
    if precision == "float32":
        return [_bytes(weight.astype("<f4"))]
    if precision == "float16":
        return [_bytes(weight.astype("<f2"))]
    rows = weight.reshape(len(weight), -1)
    scales = np.maximum(np.abs(rows).max(axis=1), 1e-30).astype("<f4") / np.float32(127)
    return [_bytes(scales), _bytes(np.round(rows / scales[:, None]).astype(np.int8))]


def _bytes(array: np.ndarray) -> bytes:
    data = np.ascontiguousarray(array).tobytes()
    return data + bytes(-len(data) % 4)
