"""Residual blocks, which let the places of a generator's map see each other."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L


class ResidualBlock(chainer.Chain):
    """A map plus what two normalised 3x3 convolutions make of it.

    The last normalisation begins with a scale of zero, so that a new block changes nothing: nets
    that are trained already may get some (Net2DeeperNet).  Zeros in the last convolution instead,
    with nothing behind it, let its mean run away within some hundred steps of Adam.

    Args:
        n_channels: Of the map, before and after.
        initialW: Initializer of the convolutions' weights.

    Source: He et al. 2016, "Deep residual learning", figure 2, without the ReLU behind the sum;
    the zero scale is Goyal et al. 2017, section 5.1.
    """

    def __init__(self, n_channels: int, initialW):
        super().__init__()
        sizes = n_channels, n_channels, 3, 1, 1
        with self.init_scope():
            self.c0 = L.Convolution2D(*sizes, nobias=True, initialW=initialW)
            self.bn0 = L.BatchNormalization(n_channels)
            self.c1 = L.Convolution2D(*sizes, nobias=True, initialW=initialW)
            self.bn1 = L.BatchNormalization(n_channels, initial_gamma=0)

    def forward(self, x) -> chainer.Variable:
        """Map (B, n_channels, H, W) to the same shape."""
        return x + self.bn1(self.c1(F.relu(self.bn0(self.c0(x)))))
