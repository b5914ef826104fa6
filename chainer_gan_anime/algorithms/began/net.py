"""BEGAN's discriminators: autoencoders that give how far an image is from what they make of it."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

from chainer_gan_anime.common.net import WEIGHT_STD
from chainer_gan_anime.common.net_sizes import count_stages


class Autoencoder(chainer.Chain):
    """Variant B's: convolutions, 128 numbers, and the same way back; leaky ReLUs, then tanh.

    Args:
        image_size: Height and width of the images in pixels.
        ch: Channels of the widest layer.
        normalisation: ``'none'``.
        rng: Stream of the first weights.
        widths: Channels from the image's side to the widest.
        first: Kernel size and stride of the outermost convolution; the others' are 4 and 2.

    Source: upstream's began/net.py, whose parameter names it has.
    """

    compute_dtype = None  # of the layers, if not the weights'; see mixed_precision
    n_code = 128

    def __init__(
        self,
        image_size: int,
        ch: int,
        normalisation: str,
        rng: np.random.RandomState,
        widths: tuple[int, ...] | None = None,
        first: tuple[int, int] = (3, 1),
    ):
        super().__init__()
        widths = widths or (ch // 8, ch // 4, ch // 2, ch)
        kinds = [first] + [(4, 2)] * (len(widths) - 1)
        bottom_width = image_size // int(np.prod([stride for _, stride in kinds]))
        self.bottom_shape = (ch, bottom_width, bottom_width)
        self.n_stages = len(widths)
        n_features = int(np.prod(self.bottom_shape))
        w = chainer.initializers.Normal(WEIGHT_STD, rng=rng)
        with self.init_scope():
            for i, (outer, inner, kind) in enumerate(zip((3, *widths), widths, kinds)):
                setattr(self, f"c{i}", L.Convolution2D(outer, inner, *kind, 1, initialW=w))
                setattr(self, f"dc{i}", L.Deconvolution2D(inner, outer, *kind, 1, initialW=w))
            self.l4 = L.Linear(n_features, self.n_code, initialW=w)
            self.l5 = L.Linear(self.n_code, n_features, initialW=w)

    def forward(self, x) -> chainer.Variable:
        """Return mean |D(x) - x| of each image, (B, 1), for images x (B, 3, H, W)."""
        return F.mean(F.absolute(self.rebuild(x) - x), axis=(1, 2, 3), keepdims=True)[:, :, 0, 0]

    def rebuild(self, x) -> chainer.Variable:
        """Return what the autoencoder makes of images, (B, 3, H, W) in [-1, 1]."""
        h = F.cast(x, self.compute_dtype or self.l4.W.dtype)
        for i in range(self.n_stages):
            h = F.leaky_relu(self[f"c{i}"](h))
        h = F.leaky_relu(self.l5(F.leaky_relu(self.l4(h))))
        h = F.reshape(h, (len(x), *self.bottom_shape))
        for i in reversed(range(1, self.n_stages)):
            h = F.leaky_relu(self[f"dc{i}"](h))
        return F.tanh(F.cast(self.dc0(h), self.l4.W.dtype))


class ArticleAutoencoder(Autoencoder):
    """Variant A's: 4x4 convolutions of stride 2 only, down to 4x4."""

    def __init__(self, image_size: int, ch: int, **arguments):
        widths = tuple(ch >> i for i in reversed(range(count_stages(image_size))))
        super().__init__(image_size, ch, widths=widths, first=(4, 2), **arguments)
