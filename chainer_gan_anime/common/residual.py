"""Residual blocks, which let the places of a generator's map see each other."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L


class ResidualBlock(chainer.Chain):
    """A map plus what two 3x3 convolutions, one normalised, make of it.

    The second begins as zeros, so that a new block changes nothing: nets that are trained
    already may get some (Net2DeeperNet).

    Args:
        n_channels: Of the map, before and after.
        initialW: Initializer of the first convolution's weights.
        use_bn: Whether it is normalised over the batch.

    Source: He et al. 2016, "Identity mappings in deep residual networks", with one of the two
    normalisations; zeros at its end as in Goyal et al. 2017, section 5.1.
    """

    def __init__(self, n_channels: int, initialW, use_bn: bool = True):
        super().__init__()
        with self.init_scope():
            self.c0 = L.Convolution2D(n_channels, n_channels, 3, 1, 1, initialW=initialW)
            if use_bn:
                self.bn = L.BatchNormalization(n_channels)
            self.c1 = L.Convolution2D(n_channels, n_channels, 3, 1, 1, initialW=0)

    def forward(self, x) -> chainer.Variable:
        """Map (B, n_channels, H, W) to the same shape."""
        h = self.c0(x)
        if hasattr(self, "bn"):
            h = self.bn(h)
        return x + self.c1(F.relu(h))
