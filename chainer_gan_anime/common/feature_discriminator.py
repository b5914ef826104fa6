"""FeatureDiscriminator: judges images by what a pretrained network sees in them."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

from chainer_gan_anime.common.net import WEIGHT_STD
from chainer_gan_anime.common.spectral_norm import SpectralNormalization
from chainer_gan_anime.kernels.fusion import leaky
from chainer_gan_anime.pretrained.feature_maps import STRIDES, FeatureMaps, FrozenConvolution
from crawler.shared.errors import UserError

WIDTH = 64  # channels of the mixed maps and of the heads
SLOPE = 0.2
SMALLEST = 4  # pixels at which a head stops halving its map
# The mixing is part of the method as the pretrained weights are: the same in every run.
MIXING_SEED = 2021
# How many times a view is enlarged: the whole image, a quarter of it, a sixteenth.
VIEWS = {"whole": 1, "close": 2, "closest": 4}


class FeatureDiscriminator(chainer.Chain):
    """Four small discriminators on the mixed maps of a frozen network.

    The maps are brought to the scale of 1, their channels mixed by a random 1x1 convolution, and
    each coarser scale is added to the next finer one, mixed by a random 3x3 convolution: so no
    head can lean on a few channels that G would then serve alone.  Nothing of that is trained.
    What is trained is a spectrally normalised head a scale, whose map of logits judges patches.
    There is a set of heads a view: images of 64 pixels are small for a network made for 224,
    whose first layer halves them, so strokes are judged in enlarged quarters, and the grain of
    single pixels in enlarged sixteenths.

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
                heads = chainer.ChainList(*(_Head(image_size // s, rng) for s in STRIDES))
                setattr(self, view, heads)

    def load_network(self) -> None:
        """Read the frozen network's weights, which :meth:`project` does at its first call.

        Raises:
            UserError: They are not installed.
        """
        if self._maps is not None:
            return
        self._maps, rng = FeatureMaps(self._network), np.random.RandomState(MIXING_SEED)
        self._mix_channels = [
            _mixing(rng, len(mean), 1, mean, scale)
            for mean, scale in zip(self._maps.means, self._maps.scales)
        ]
        self._mix_scales = [_mixing(rng, WIDTH, 3) for _ in STRIDES]

    def project(self, x) -> list[chainer.Variable]:
        """Return what the heads judge images (B, 3, H, W) by: (B, 64, H/4, W/4) to (.., W/32)."""
        self.load_network()
        projected, coarser = [], None
        levels = zip(self._maps(chainer.as_variable(x)), self._mix_channels, self._mix_scales)
        for maps, mix_channels, mix_scales in reversed(list(levels)):
            h = mix_channels(maps)
            if coarser is not None:
                # Two terms of equal variance keep the scale.
                h = (h + F.unpooling_2d(coarser, 2, cover_all=False)) * np.float32(0.5**0.5)
            coarser = mix_scales(h)
            projected.append(coarser)
        return projected[::-1]

    def judge(self, projected, view: str = "whole") -> list[chainer.Variable]:
        """Return a map of logits (B, 1, h, w) a scale, of what :meth:`project` gave.

        Args:
            projected: Of images, or of enlarged parts of images.
            view: Which of them, a name in :data:`VIEWS`.
        """
        return [head(h) for head, h in zip(self[view], projected)]

    def forward(self, x) -> list[chainer.Variable]:
        """Judge whole images (B, 3, H, W); logits are high for real."""
        return self.judge(self.project(x))


class _Head(chainer.Chain):
    """Convolutions down to 4x4, or one where the map is that small; then a logit a place."""

    def __init__(self, size: int, rng: np.random.RandomState):
        super().__init__()
        w = chainer.initializers.Normal(WEIGHT_STD, rng=rng)
        n_halvings = max((size // SMALLEST).bit_length() - 1, 0)
        window = (4, 2, 1) if n_halvings else (3, 1, 1)
        with self.init_scope():
            self.hidden = chainer.ChainList(
                *(
                    L.Convolution2D(WIDTH, WIDTH, *window, initialW=w)
                    for _ in range(max(n_halvings, 1))
                )
            )
            self.out = L.Convolution2D(WIDTH, 1, 1, initialW=w)
        for layer in (*self.hidden, self.out):
            layer.add_hook(SpectralNormalization(rng))

    def forward(self, h) -> chainer.Variable:
        for layer in self.hidden:
            h = leaky(layer, h, SLOPE)
        return self.out(h)


def _mixing(
    rng: np.random.RandomState,
    n_in: int,
    ksize: int,
    mean: np.ndarray | float = 0.0,
    scale: float = 1.0,
) -> FrozenConvolution:
    """Return a random convolution to ``WIDTH`` channels that brings its input to variance 1."""
    std = 1 / (scale * np.sqrt(n_in * ksize**2))
    weight = rng.normal(0, std, (WIDTH, n_in, ksize, ksize))
    return FrozenConvolution(weight, -(weight.sum(axis=(2, 3)) * mean).sum(axis=1))
