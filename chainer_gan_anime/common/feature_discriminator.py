"""FeatureDiscriminator: judges images by what a pretrained network sees in them."""

from __future__ import annotations

from typing import NamedTuple

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

from chainer_gan_anime.common.net import WEIGHT_STD
from chainer_gan_anime.common.spectral_norm import SpectralNormalization
from chainer_gan_anime.kernels.fusion import leaky
from chainer_gan_anime.pretrained.feature_maps import STRIDES, FeatureMaps, FrozenConvolution
from crawler.shared.errors import UserError

# Channels of the mixed maps and of the heads at each scale: a network's coarse maps have more.
WIDTHS = (64, 64, 128, 256)
SLOPE = 0.2
SMALLEST = 4  # pixels at which a head stops halving its map
# The mixing is part of the method as the pretrained weights are: the same in every run.
MIXING_SEED = 2021


class View(NamedTuple):
    """A way to look at images.

    Attributes:
        part: Height and width of the image over those of the part that is seen.
        times: How many times that part is enlarged.
        sparing: One image of so many is looked at.
    """

    part: int
    times: int
    sparing: int


# An image enlarged twice is four times the work: half of the batch has to do.
VIEWS = {"whole": View(1, 1, 1), "close": View(1, 2, 2), "closest": View(4, 4, 1)}


class FeatureDiscriminator(chainer.Chain):
    """Four small discriminators on the mixed maps of a frozen network.

    The maps are brought to the scale of 1, their channels mixed by a random 1x1 convolution, and
    each coarser scale, mixed by a random 3x3 convolution, is added to the next finer one through
    another of 1x1: so no head can lean on a few channels that G would then serve alone.  Nothing
    of that is trained.
    What is trained is a spectrally normalised head a scale, whose map of logits judges patches.
    There is a set of heads a view: images of 64 pixels are small for a network made for 224,
    whose first layer halves them, so shapes and strokes are judged in images enlarged twice, too,
    and the grain of single pixels in enlarged sixteenths.

    Args:
        network: Name of the frozen network, as :class:`FeatureMaps` takes it.
        image_size: Height and width of the images in pixels, a multiple of 32.
        rng: Stream of the first weights and of spectral normalisation's vectors.

    Source: Sauer et al. 2021, "Projected GANs converge faster", section 3.2, which has wider
    heads with batch normalisation and another network.

    Raises:
        UserError: The image size does not fit.
    """

    compute_dtype = None  # always float32

    def __init__(self, network: str, image_size: int, rng: np.random.RandomState):
        super().__init__()
        if image_size % STRIDES[-1]:
            raise UserError(
                f"--feature-dis halves its maps five times, which --image-size {image_size} does "
                f"not allow: take a multiple of {STRIDES[-1]}, or leave it out."
            )
        self._network = network
        self._maps: FeatureMaps | None = None
        with self.init_scope():
            for view in VIEWS:
                heads = (_Head(image_size // s, w, rng) for s, w in zip(STRIDES, WIDTHS))
                setattr(self, view, chainer.ChainList(*heads))

    def load_network(self) -> None:
        """Read the frozen network's weights, which :meth:`project` does at its first call.

        Raises:
            UserError: They are not installed.
        """
        if self._maps is not None:
            return
        self._maps, rng = FeatureMaps(self._network), np.random.RandomState(MIXING_SEED)
        self._mix_channels = [
            _mixing(rng, len(mean), width, 1, mean, scale)
            for mean, scale, width in zip(self._maps.means, self._maps.scales, WIDTHS)
        ]
        self._mix_scales = [_mixing(rng, width, width, 3) for width in WIDTHS]
        self._to_finer = [
            _mixing(rng, width, finer, 1) for width, finer in zip(WIDTHS[1:], WIDTHS)
        ]

    def project(self, x) -> list[chainer.Variable]:
        """Return what the heads judge images (B, 3, H, W) by.

        Returns:
            A map (B, WIDTHS[i], H / STRIDES[i], W / STRIDES[i]) a scale.
        """
        self.load_network()
        maps = self._maps(chainer.as_variable(x))
        projected: list[chainer.Variable] = []
        for i in reversed(range(len(STRIDES))):
            h = self._mix_channels[i](maps[i])
            if projected:
                coarser = F.unpooling_2d(self._to_finer[i](projected[-1]), 2, cover_all=False)
                # Two terms of equal variance keep the scale.
                h = (h + coarser) * np.float32(0.5**0.5)
            projected.append(self._mix_scales[i](h))
        return projected[::-1]

    def judge(self, projected, view: str = "whole") -> list[chainer.Variable]:
        """Return a map of logits (B, 1, h, w) a scale, of what :meth:`project` gave.

        Args:
            projected: Of images, enlarged images, or enlarged parts of images.
            view: Which of them, a name in :data:`VIEWS`.
        """
        return [head(h) for head, h in zip(self[view], projected)]

    def forward(self, x) -> list[chainer.Variable]:
        """Judge whole images (B, 3, H, W); logits are high for real."""
        return self.judge(self.project(x))


class _Head(chainer.Chain):
    """Convolutions down to 4x4, or one where the map is that small; then a logit a place."""

    def __init__(self, size: int, width: int, rng: np.random.RandomState):
        super().__init__()
        w = chainer.initializers.Normal(WEIGHT_STD, rng=rng)
        n_halvings = max((size // SMALLEST).bit_length() - 1, 0)
        window = (4, 2, 1) if n_halvings else (3, 1, 1)
        n_hidden = max(n_halvings, 1)
        with self.init_scope():
            self.hidden = chainer.ChainList(
                *(L.Convolution2D(width, width, *window, initialW=w) for _ in range(n_hidden))
            )
            self.out = L.Convolution2D(width, 1, 1, initialW=w)
        for layer in (*self.hidden, self.out):
            layer.add_hook(SpectralNormalization(rng))

    def forward(self, h) -> chainer.Variable:
        for layer in self.hidden:
            h = leaky(layer, h, SLOPE)
        return self.out(h)


def _mixing(
    rng: np.random.RandomState,
    n_in: int,
    n_out: int,
    ksize: int,
    mean: np.ndarray | float = 0.0,
    scale: float = 1.0,
) -> FrozenConvolution:
    """Return a random convolution that brings its input to variance 1."""
    std = 1 / (scale * np.sqrt(n_in * ksize**2))
    weight = rng.normal(0, std, (n_out, n_in, ksize, ksize))
    return FrozenConvolution(weight, -(weight.sum(axis=(2, 3)) * mean).sum(axis=1))
