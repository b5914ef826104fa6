"""DFM's nets: discriminators that also give their features, and the features' denoiser."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

from chainer_gan_anime.common import net
from chainer_gan_anime.common.net import normalise
from crawler.shared.errors import UserError

N_HIDDEN_LAYERS = 9  # of the denoiser


class FeaturesToo(net.Discriminator):
    """A discriminator that gives its last maps beside the logit."""

    bottom_stride = 8  # image_size over the width of the last maps; None: they are 4 wide

    @classmethod
    def shape_of_features(cls, image_size: int, ch: int) -> tuple[int, int, int]:
        """Return the features' shape of an image."""
        width = image_size // cls.bottom_stride if cls.bottom_stride else 4
        return ch, width, width

    def forward(self, x) -> tuple[chainer.Variable, chainer.Variable]:
        """Judge images: x (B, 3, H, W) to features (B, *feature_shape) and logits (B, 1)."""
        h = self.extract(x)
        logit = self.conclude(F.leaky_relu(h, self.slope))
        return F.cast(h, logit.dtype), logit


class ArticleFeatureDiscriminator(FeaturesToo, net.ArticleDiscriminator):
    """Variant A's discriminator with its features."""

    bottom_stride = None


class PaperFeatureDiscriminator(FeaturesToo, net.PaperDiscriminator):
    """The SN-GAN paper's discriminator with its features."""


class FeatureDiscriminator(FeaturesToo):
    """Variant B's discriminator: four halvings, and features without a scale of their own.

    Raises:
        UserError: The image size or the width does not fit.

    Source: upstream's dfm/net.py, whose parameter names it has.
    """

    bottom_stride = 16

    def __init__(self, image_size: int, ch: int, **arguments):
        for flag, value in (("--image-size", image_size), ("--ch", ch)):
            if value % 16:
                raise UserError(
                    f"{flag} {value} does not fit DFM's variant B, which halves four times: "
                    "take a multiple of 16, or --variant A."
                )
        widths = [ch >> i for i in reversed(range(5))]
        layers = [("c0", 3, widths[0], 3, 1)]
        layers += [(f"c{i}", *widths[i - 1 : i + 1], 4, 2) for i in range(1, 5)]
        super().__init__(layers, image_size, batch_gamma=True, output_name="l5", **arguments)
        del self.bn4
        with self.init_scope():
            self.bn4 = L.BatchNormalization(ch, use_gamma=False)


class Denoiser(chainer.Chain):
    """Ten linear layers as wide as the features are many, with batch normalisation between.

    Args:
        feature_shape: Channels, height and width of an image's features.
        rng: Stream of the first weights.

    Source: upstream's dfm/net.py, where the features are 2 x 2 x 512, whose names it has.
    """

    compute_dtype = None  # of the layers, if not the weights'; see mixed_precision

    def __init__(self, feature_shape: tuple[int, int, int], rng: np.random.RandomState):
        super().__init__()
        n = int(np.prod(feature_shape))
        w = chainer.initializers.LeCunNormal(rng=rng)
        with self.init_scope():
            for i in range(N_HIDDEN_LAYERS + 1):
                setattr(self, f"l{i}", L.Linear(n, n, initialW=w))
            for i in range(N_HIDDEN_LAYERS):
                setattr(self, f"bn{i}", L.BatchNormalization(n))

    def forward(self, x) -> chainer.Variable:
        """Return the features (B, C, H, W) without their noise."""
        h = F.cast(x, self.compute_dtype or self.l0.W.dtype)
        for i in range(N_HIDDEN_LAYERS):
            h = F.leaky_relu(normalise(self, f"bn{i}", self[f"l{i}"](h)))
        h = self[f"l{N_HIDDEN_LAYERS}"](h)
        return F.reshape(F.cast(h, self.l0.W.dtype), x.shape)
