"""FeatureMaps: what EfficientNet-Lite sees at four scales, frozen, for gradients by the image."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np

from chainer_gan_anime.kernels.fusion import Activation, ReLU6, activated
from chainer_gan_anime.pretrained import efficientnet

STRIDES = (4, 8, 16, 32)
# After these stages the map is tapped: the last of each size.
_TAPS = (1, 2, 4, 6)


class FrozenConvolution:
    """A convolution whose weights no optimizer sees and no snapshot holds.

    Pads as TensorFlow's SAME.

    Args:
        weight: (out, in / groups, ksize, ksize), float32.
        bias: (out,), float32.
        stride: Of its window.
        groups: Parts into which the channels are cut.
        activation: Comes behind it.
    """

    def __init__(
        self,
        weight: np.ndarray,
        bias: np.ndarray,
        stride: int = 1,
        groups: int = 1,
        activation: Activation | None = None,
    ):
        self._arrays = tuple(np.ascontiguousarray(a, np.float32) for a in (weight, bias))
        self._ksize = weight.shape[2]
        self._stride, self._groups, self._activation = stride, groups, activation

    def __call__(self, x: chainer.Variable) -> chainer.Variable:
        """Map (B, in, H, W) to (B, out, ceil(H / stride), ceil(W / stride))."""
        if self._activation is None:
            return self._convolve(x)
        return activated(self._convolve, x, self._activation)

    def _convolve(self, x: chainer.Variable) -> chainer.Variable:
        if x.xp is not chainer.backend.get_array_module(self._arrays[0]):
            self._arrays = tuple(map(x.device.send, self._arrays))
        pads = [efficientnet.same_padding(size, self._ksize, self._stride) for size in x.shape[2:]]
        cover_all = any(before != after for before, after in pads)
        if cover_all and x.xp is not np:  # which cuDNN does not know
            x = F.pad(x, [(0, 0), (0, 0), *pads], "constant")
            pads, cover_all = [(0, 0), (0, 0)], False
        return F.convolution_2d(
            x,
            *self._arrays,
            self._stride,
            tuple(before for before, _ in pads),
            cover_all,
            groups=self._groups,
        )


class FeatureMaps:
    """The maps of a pretrained EfficientNet-Lite at the strides 4, 8, 16 and 32.

    Its batch normalisation is folded into its convolutions, so it has no state at all.

    Args:
        name: A name in :data:`chainer_gan_anime.pretrained.efficientnet.VERSIONS`.

    Attributes:
        means: Of each map, what its channels are on ImageNet in the mean, (C,) float32.
        scales: Of each map, their standard deviation there: the root of the mean variance.
            Both are what batch normalisation makes of the terms that a stage's map is the sum
            of, taken as independent.

    Raises:
        UserError: The weights are not installed.
    """

    def __init__(self, name: str):
        net = efficientnet.pretrained(name)
        self.means: list[np.ndarray] = []
        self.scales: list[float] = []
        self._stem = _frozen(net._conv_stem, net._bn0, ReLU6())
        self._stages: list[list[_Block]] = []
        blocks = iter(net._blocks)
        for i, (repeats, *_) in enumerate(net.stages):
            stage = [next(blocks) for _ in range(repeats)]
            self._stages.append([_Block(block) for block in stage])
            if i in _TAPS:
                norms = [block._bn2 for block in stage]
                self.means.append(sum(bn.beta.array for bn in norms))
                variances = sum(bn.gamma.array**2 for bn in norms)
                self.scales.append(float(np.sqrt(variances.mean())))

    def __call__(self, x: chainer.Variable) -> list[chainer.Variable]:
        """Return the maps of images (B, 3, H, W) in [-1, 1], the finest first."""
        # As the networks were trained: (pixel - 127) / 128.
        h = self._stem(x * np.float32(127.5 / 128) + np.float32(0.5 / 128))
        maps = []
        for i, stage in enumerate(self._stages):
            for block in stage:
                h = block(h)
            if i in _TAPS:
                maps.append(h)
        return maps


class _Block:
    """A frozen :class:`chainer_gan_anime.pretrained.efficientnet.MBConv`."""

    def __init__(self, block: efficientnet.MBConv):
        self._layers = [
            _frozen(block._depthwise_conv, block._bn1, ReLU6()),
            _frozen(block._project_conv, block._bn2),
        ]
        if block.expands:
            self._layers.insert(0, _frozen(block._expand_conv, block._bn0, ReLU6()))
        self._skips = block.skips

    def __call__(self, x: chainer.Variable) -> chainer.Variable:
        h = x
        for layer in self._layers:
            h = layer(h)
        return h + x if self._skips else h


def _frozen(link, bn, activation: Activation | None = None) -> FrozenConvolution:
    return FrozenConvolution(
        *efficientnet.folded(link, bn), link.stride[0], link.groups, activation
    )
