"""Nets of MakeGirlsMoe: residual blocks, then pixel shuffles; for GPUs, at 64 and 128 pixels.

The generator is SRResNet on a 16x16 bottom, the discriminator a residual net without any batch
normalisation, as DRAGAN's penalty is one of each image.  ``ch`` is, as in the other variants,
the widest layer's: 512 at 64 pixels and 1024 at 128 are the paper's widths.

Source: Jin et al. 2017 (arXiv:1708.05509), figures of generator and discriminator; SRResNet:
Ledig et al. 2017.
"""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L

from chainer_gan_anime.common import net
from crawler.shared.errors import UserError

BOTTOM_WIDTH = 16
N_BLOCKS = 16  # of the generator
BLOCKS_PER_STAGE = 2  # of the discriminator
N_WIDE_KERNELS = 3  # its first strided convolutions are 4x4, the rest 3x3


def count_halvings(image_size: int) -> int:
    """Return how many halvings lead from the image to the discriminator's last 2x2."""
    return int(image_size).bit_length() - 2


def stem_width(image_size: int, ch: int) -> int:
    """Return the channels of the discriminator's first layer; the generator has twice these."""
    return ch >> (count_halvings(image_size) - 1)


def check_sizes(image_size: int, ch: int) -> None:
    """Refuse sizes that the nets cannot be built for.

    Raises:
        UserError: The image size or the width does not fit.
    """
    if image_size < 2 * BOTTOM_WIDTH or image_size & (image_size - 1):
        raise UserError(
            f"--image-size {image_size} does not fit variant srresnet's nets, which double from "
            f"{BOTTOM_WIDTH} pixels: take a power of two from 32 on (64, or the paper's 128)."
        )
    narrowest = 1 << (count_halvings(image_size) - 1)
    if ch < narrowest or ch % narrowest:
        raise UserError(
            f"--ch {ch} does not fit {image_size}x{image_size} images: it is halved at every "
            f"stage, so take a multiple of {narrowest} ({32 * narrowest} is the paper's)."
        )


class SRResNetGenerator(net.Generator):
    """Linear to 16x16, 16 residual blocks under one long skip, pixel shuffles, a 9x9 layer.

    The last layer, the base's ``dc1``, is a deconvolution of stride 1, which is a convolution
    whose kernel is stored turned round.
    """

    def __init__(self, image_size: int, ch: int, **arguments):
        width = 2 * stem_width(image_size, ch)
        super().__init__((width,), BOTTOM_WIDTH, (9, 1, 4), **arguments)
        self.n_shuffles = (image_size // BOTTOM_WIDTH).bit_length() - 1
        names = [f"{i}_{j}" for i in range(1, N_BLOCKS + 1) for j in (0, 1)]
        with self.init_scope():
            for name in [*names, "_skip"]:
                self._add_convolution(name, width, width)
            for i in range(1, self.n_shuffles + 1):
                self._add_convolution(f"_up{i}", width, 4 * width)

    def _add_convolution(self, name: str, n_in: int, n_out: int) -> None:
        w = chainer.initializers.Normal(net.WEIGHT_STD, rng=self.rng)
        setattr(self, f"c{name}", L.Convolution2D(n_in, n_out, 3, 1, 1, initialW=w))
        setattr(self, f"bn{name}", L.BatchNormalization(n_in))

    def forward(self, z) -> chainer.Variable:
        """Draw images: z (B, n_hidden[, 1, 1]) to (B, 3, H, W) in [-1, 1]."""
        h = F.relu(self.bn0(self.l0(F.cast(z, self.compute_dtype or self.l0.W.dtype))))
        bottom = h = F.reshape(h, (len(z), *self.bottom_shape))
        for i in range(1, N_BLOCKS + 1):
            inner = F.relu(self[f"bn{i}_0"](self[f"c{i}_0"](h)))
            h = h + self[f"bn{i}_1"](self[f"c{i}_1"](inner))
        h = bottom + F.relu(self.bn_skip(self.c_skip(h)))
        for i in range(1, self.n_shuffles + 1):
            # Chainer's order: channel (2 dy + dx) n + c goes to pixel (dy, dx) of channel c.
            h = F.depth2space(self[f"c_up{i}"](h), 2)
            h = F.relu(self[f"bn_up{i}"](h))
        return F.tanh(F.cast(self.dc1(h), self.l0.W.dtype))


class SRResNetDiscriminator(net.Discriminator):
    """Strided convolutions with two residual blocks after each but the last, down to 2x2."""

    def __init__(self, image_size: int, ch: int, **arguments):
        self.n_stages = count_halvings(image_size)
        n_in, width = 3, stem_width(image_size, ch)
        layers = []
        for i in range(self.n_stages):
            layers.append((f"c{i}", n_in, width, 4 if i < N_WIDE_KERNELS else 3, 2))
            if i < self.n_stages - 1:
                names = [f"c{i}_{j}_{k}" for j in range(BLOCKS_PER_STAGE) for k in (0, 1)]
                layers += [(name, width, width, 3, 1) for name in names]
            n_in, width = width, 2 * width
        super().__init__(layers, image_size, **arguments)

    def features(self, x) -> chainer.Variable:
        """Return what the last linear layer judges by, (B, ch, 2, 2)."""
        h = F.cast(x, self.compute_dtype or self.l4.W.dtype)
        for i in range(self.n_stages):
            h = F.leaky_relu(self[f"c{i}"](h), self.slope)
            for j in range(BLOCKS_PER_STAGE if i < self.n_stages - 1 else 0):
                inner = F.leaky_relu(self[f"c{i}_{j}_0"](h), self.slope)
                h = F.leaky_relu(h + self[f"c{i}_{j}_1"](inner), self.slope)
        return h
