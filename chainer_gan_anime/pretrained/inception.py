"""The FID Inception network (2015-12-05) in Chainer, up to its 2048 pooled features.

Architecture: Szegedy et al., "Rethinking the Inception Architecture" (arXiv 1512.00567), with
the departures of the frozen TensorFlow graph that FID is defined by: average pooling leaves
the padding out of its mean, and the last block pools by maximum.  The links carry the tensor
names of ``pt_inception-2015-12-05`` (mseitzer/pytorch-fid), the file that users bring.
"""

from __future__ import annotations

import os

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

from chainer_gan_anime.pretrained.torch_file import load_state_dict
from chainer_gan_anime.pretrained.weights import copy_weights


class Conv(chainer.Chain):
    """Convolution without bias, batch normalisation, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, ksize, stride: int = 1, pad=0):
        super().__init__()
        with self.init_scope():
            self.conv = L.Convolution2D(in_channels, out_channels, ksize, stride, pad, nobias=True)
            self.bn = L.BatchNormalization(out_channels, eps=1e-3)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        """Return the activation."""
        return F.relu(self.bn(self.conv(x)))


def _average(x: chainer.Variable) -> chainer.Variable:
    """3x3 mean of stride 1 over the pixels that exist (``pad_value=None``)."""
    return F.average_pooling_nd(x, 3, 1, 1, pad_value=None)


def _maximum(x: chainer.Variable) -> chainer.Variable:
    return F.max_pooling_2d(x, 3, 1, 1, cover_all=False)


def _halving_maximum(x: chainer.Variable) -> chainer.Variable:
    return F.max_pooling_2d(x, 3, 2, 0, cover_all=False)


class MixedA(chainer.Chain):
    """35x35 block: 1x1, 5x5, double 3x3, pooled 1x1."""

    def __init__(self, n: int, pooled: int):
        super().__init__()
        with self.init_scope():
            self.branch1x1 = Conv(n, 64, 1)
            self.branch5x5_1 = Conv(n, 48, 1)
            self.branch5x5_2 = Conv(48, 64, 5, pad=2)
            self.branch3x3dbl_1 = Conv(n, 64, 1)
            self.branch3x3dbl_2 = Conv(64, 96, 3, pad=1)
            self.branch3x3dbl_3 = Conv(96, 96, 3, pad=1)
            self.branch_pool = Conv(n, pooled, 1)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        """Return (B, 224 + pooled, H, W)."""
        b5 = self.branch5x5_2(self.branch5x5_1(x))
        b3 = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return F.concat([self.branch1x1(x), b5, b3, self.branch_pool(_average(x))])


class MixedB(chainer.Chain):
    """35x35 to 17x17: 3x3, double 3x3, maximum."""

    def __init__(self, n: int):
        super().__init__()
        with self.init_scope():
            self.branch3x3 = Conv(n, 384, 3, 2)
            self.branch3x3dbl_1 = Conv(n, 64, 1)
            self.branch3x3dbl_2 = Conv(64, 96, 3, pad=1)
            self.branch3x3dbl_3 = Conv(96, 96, 3, 2)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        """Return (B, n + 480, H/2, W/2)."""
        b3 = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return F.concat([self.branch3x3(x), b3, _halving_maximum(x)])


class MixedC(chainer.Chain):
    """17x17 block: 1x1, factored 7x7, double factored 7x7, pooled 1x1; ``inside`` channels."""

    def __init__(self, n: int, inside: int):
        super().__init__()
        flat = {"ksize": (1, 7), "pad": (0, 3)}
        tall = {"ksize": (7, 1), "pad": (3, 0)}
        with self.init_scope():
            self.branch1x1 = Conv(n, 192, 1)
            self.branch7x7_1 = Conv(n, inside, 1)
            self.branch7x7_2 = Conv(inside, inside, **flat)
            self.branch7x7_3 = Conv(inside, 192, **tall)
            self.branch7x7dbl_1 = Conv(n, inside, 1)
            self.branch7x7dbl_2 = Conv(inside, inside, **tall)
            self.branch7x7dbl_3 = Conv(inside, inside, **flat)
            self.branch7x7dbl_4 = Conv(inside, inside, **tall)
            self.branch7x7dbl_5 = Conv(inside, 192, **flat)
            self.branch_pool = Conv(n, 192, 1)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        """Return (B, 768, H, W)."""
        b7 = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        bd = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        bd = self.branch7x7dbl_5(self.branch7x7dbl_4(bd))
        return F.concat([self.branch1x1(x), b7, bd, self.branch_pool(_average(x))])


class MixedD(chainer.Chain):
    """17x17 to 8x8: 3x3, factored 7x7 and 3x3, maximum."""

    def __init__(self, n: int):
        super().__init__()
        with self.init_scope():
            self.branch3x3_1 = Conv(n, 192, 1)
            self.branch3x3_2 = Conv(192, 320, 3, 2)
            self.branch7x7x3_1 = Conv(n, 192, 1)
            self.branch7x7x3_2 = Conv(192, 192, (1, 7), pad=(0, 3))
            self.branch7x7x3_3 = Conv(192, 192, (7, 1), pad=(3, 0))
            self.branch7x7x3_4 = Conv(192, 192, 3, 2)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        """Return (B, n + 512, H/2, W/2)."""
        b7 = self.branch7x7x3_2(self.branch7x7x3_1(x))
        b7 = self.branch7x7x3_4(self.branch7x7x3_3(b7))
        return F.concat([self.branch3x3_2(self.branch3x3_1(x)), b7, _halving_maximum(x)])


class MixedE(chainer.Chain):
    """8x8 block: 1x1, 3x3 and double 3x3 that each end in two arms, pooled 1x1."""

    def __init__(self, n: int, pool):
        super().__init__()
        flat = {"ksize": (1, 3), "pad": (0, 1)}
        tall = {"ksize": (3, 1), "pad": (1, 0)}
        self.pool = pool
        with self.init_scope():
            self.branch1x1 = Conv(n, 320, 1)
            self.branch3x3_1 = Conv(n, 384, 1)
            self.branch3x3_2a = Conv(384, 384, **flat)
            self.branch3x3_2b = Conv(384, 384, **tall)
            self.branch3x3dbl_1 = Conv(n, 448, 1)
            self.branch3x3dbl_2 = Conv(448, 384, 3, pad=1)
            self.branch3x3dbl_3a = Conv(384, 384, **flat)
            self.branch3x3dbl_3b = Conv(384, 384, **tall)
            self.branch_pool = Conv(n, 192, 1)

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        """Return (B, 2048, H, W)."""
        b3 = self.branch3x3_1(x)
        bd = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        return F.concat(
            [
                self.branch1x1(x),
                self.branch3x3_2a(b3),
                self.branch3x3_2b(b3),
                self.branch3x3dbl_3a(bd),
                self.branch3x3dbl_3b(bd),
                self.branch_pool(self.pool(x)),
            ]
        )


class FIDInception(chainer.Chain):
    """The network up to its global average: (B, 3, 299, 299) → (B, 2048).

    The input is RGB, scaled to [-1, 1].  Runs in test mode only.
    """

    input_size = 299
    dim = 2048

    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.Conv2d_1a_3x3 = Conv(3, 32, 3, 2)
            self.Conv2d_2a_3x3 = Conv(32, 32, 3)
            self.Conv2d_2b_3x3 = Conv(32, 64, 3, pad=1)
            self.Conv2d_3b_1x1 = Conv(64, 80, 1)
            self.Conv2d_4a_3x3 = Conv(80, 192, 3)
            self.Mixed_5b = MixedA(192, 32)
            self.Mixed_5c = MixedA(256, 64)
            self.Mixed_5d = MixedA(288, 64)
            self.Mixed_6a = MixedB(288)
            self.Mixed_6b = MixedC(768, 128)
            self.Mixed_6c = MixedC(768, 160)
            self.Mixed_6d = MixedC(768, 160)
            self.Mixed_6e = MixedC(768, 192)
            self.Mixed_7a = MixedD(768)
            self.Mixed_7b = MixedE(1280, _average)
            self.Mixed_7c = MixedE(2048, _maximum)

    @staticmethod
    def scale(pixels: np.ndarray) -> np.ndarray:
        """Map pixels of 0..255 to the range that the weights expect."""
        return pixels / np.float32(127.5) - 1

    def forward(self, x: chainer.Variable) -> chainer.Variable:
        """Return the pooled features of a scaled batch."""
        h = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        h = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(_halving_maximum(h)))
        h = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(_halving_maximum(h))))
        h = self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(h)))
        h = self.Mixed_7a(self.Mixed_6e(self.Mixed_6d(h)))
        return F.mean(self.Mixed_7c(self.Mixed_7b(h)), axis=(2, 3))


def load(path: str | os.PathLike) -> FIDInception:
    """Return the network with the weights of a ``pt_inception-2015-12-05`` file.

    Raises:
        UserError: The file is missing, unsafe or of another network.
    """
    net = FIDInception()
    copy_weights(net, load_state_dict(path), str(path), ignore=("fc.", "AuxLogits."))
    return net
