"""Generators and discriminators, with the parameter names of upstream's snapshots.

Three families, picked by ``--variant``:

* ``A``, the article's: 4x4 convolutions of stride 2 only, from 4x4 up to the image.
* ``B``, upstream's (chainer-gan-lib, common/net.py): three stages, each with a 3x3 convolution
  in the discriminator, from image_size / 8 up.
* ``paper``, B as the SN-GAN paper's table 3 has it: D widens on the 3x3 convolutions, and its
  leaky ReLU has slope 0.1.

Images are float32 (B, 3, H, W) in [-1, 1]; weights start as Normal(0, 0.02), biases as 0.
"""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np

from chainer_gan_anime.common.net_sizes import count_stages
from chainer_gan_anime.common.spectral_norm import SpectralNormalization
from chainer_gan_anime.kernels.fusion import leaky

WEIGHT_STD = 0.02


class Generator(chainer.Chain):
    """Base of the generators: a linear layer, then deconvolutions with batch normalisation.

    Args:
        widths: Channels from the bottom to the last hidden layer, e.g. (512, 256, 128, 64).
        bottom_width: Height and width in pixels of the first feature map.
        last_deconvolution: Kernel size, stride and padding of the layer that makes the image.
        n_hidden: Size of the latent z.
        z_distribution: ``'uniform'``, U(-1, 1), or ``'normal'``, N(0, 1).
        rng: Stream of the first weights and of :meth:`make_hidden`.
        use_bn: Whether the hidden layers are normalised over the batch (BEGAN's are not).
    """

    compute_dtype = None  # of the layers, if not the weights'; see mixed_precision

    def __init__(
        self,
        widths: tuple[int, ...],
        bottom_width: int,
        last_deconvolution: tuple[int, int, int],
        n_hidden: int,
        z_distribution: str,
        rng: np.random.RandomState,
        use_bn: bool = True,
    ):
        super().__init__()
        self.n_hidden = n_hidden
        self.z_distribution = z_distribution
        self.rng = rng
        self.bottom_shape = (widths[0], bottom_width, bottom_width)
        self.n_hidden_deconvolutions = len(widths) - 1
        w = chainer.initializers.Normal(WEIGHT_STD, rng=rng)
        with self.init_scope():
            self.l0 = L.Linear(n_hidden, int(np.prod(self.bottom_shape)), initialW=w)
            for i, (n_in, n_out) in enumerate(zip(widths, widths[1:]), 1):
                setattr(self, f"dc{i}", L.Deconvolution2D(n_in, n_out, 4, 2, 1, initialW=w))
            if use_bn:
                for i, size in enumerate([int(np.prod(self.bottom_shape)), *widths[1:]]):
                    setattr(self, f"bn{i}", L.BatchNormalization(size))
            last = L.Deconvolution2D(widths[-1], 3, *last_deconvolution, initialW=w)
            setattr(self, f"dc{len(widths)}", last)

    def make_hidden(self, batchsize: int, rng: np.random.RandomState | None = None) -> np.ndarray:
        """Draw latents z, float32 (batchsize, n_hidden, 1, 1), on the host.

        Args:
            batchsize: How many.
            rng: Stream to draw from; the training's own by default, so whoever only looks
                passes one of theirs.
        """
        rng = self.rng if rng is None else rng
        shape = (batchsize, self.n_hidden, 1, 1)
        z = (
            rng.uniform(-1, 1, shape)
            if self.z_distribution == "uniform"
            else rng.normal(size=shape)
        )
        return z.astype(np.float32)

    def forward(self, z) -> chainer.Variable:
        """Draw images: z (B, n_hidden[, 1, 1]) to (B, 3, H, W) in [-1, 1]."""
        h = self.l0(F.cast(z, self.compute_dtype or self.l0.W.dtype))
        h = F.relu(normalise(self, "bn0", h))
        h = F.reshape(h, (len(z), *self.bottom_shape))
        for i in range(1, self.n_hidden_deconvolutions + 1):
            h = F.relu(normalise(self, f"bn{i}", self[f"dc{i}"](h)))
        h = self[f"dc{self.n_hidden_deconvolutions + 1}"](h)
        return F.tanh(F.cast(h, self.l0.W.dtype))


class ArticleGenerator(Generator):
    """Variant A's generator: from 4x4, doubling log2(image_size / 4) times."""

    def __init__(self, image_size: int, ch: int, **arguments):
        n_stages = count_stages(image_size)
        widths = tuple(ch >> i for i in range(n_stages))
        super().__init__(widths, 4, (4, 2, 1), **arguments)


class DCGANGenerator(Generator):
    """Variant B's generator, upstream's class of that name: three doublings and a 3x3 layer."""

    def __init__(self, image_size: int, ch: int, **arguments):
        widths = (ch, ch // 2, ch // 4, ch // 8)
        super().__init__(widths, image_size // 8, (3, 1, 1), **arguments)


class Discriminator(chainer.Chain):
    """Base of the discriminators: a stack of convolutions and a linear layer to the output.

    Args:
        layers: Name, channels in, channels out, kernel size and stride of each convolution;
            padding is 1.
        image_size: Height and width of the images in pixels.
        normalisation: ``'none'``; ``'spectral'``, on every layer; or ``'batch'``, after every
            convolution but the first, named bn0_1 after c0_1 and so on.
        rng: Stream of the first weights and of spectral normalisation's vectors.
        bias: Whether the convolutions have biases.
        slope: Slope of the leaky ReLUs below zero.
        batch_gamma: Whether batch normalisation scales.
        output_dim: Numbers that the linear layer gives for an image; one is a logit.
        output_name: Name of the linear layer.
    """

    compute_dtype = None  # of the layers, if not the weights'; see mixed_precision
    idle: tuple[str, ...] = ()  # normalisations that a snapshot holds and nothing calls

    def __init__(
        self,
        layers: list[tuple[str, int, int, int, int]],
        image_size: int,
        normalisation: str,
        rng: np.random.RandomState,
        bias: bool = True,
        slope: float = 0.2,
        batch_gamma: bool = False,
        output_dim: int = 1,
        output_name: str = "l4",
    ):
        super().__init__()
        self.slope = slope
        self.output_name = output_name
        self.layer_names = [name for name, *_ in layers]
        w = chainer.initializers.Normal(WEIGHT_STD, rng=rng)
        bottom_width = image_size
        with self.init_scope():
            for name, n_in, n_out, ksize, stride in layers:
                convolution = L.Convolution2D(
                    n_in, n_out, ksize, stride, 1, nobias=not bias, initialW=w
                )
                setattr(self, name, convolution)
                bottom_width //= stride
                if normalisation == "batch" and name != self.layer_names[0]:
                    bn = L.BatchNormalization(n_out, use_gamma=batch_gamma)
                    setattr(self, f"bn{name[1:]}", bn)
            self.feature_shape = (layers[-1][2], bottom_width, bottom_width)
            n_features = int(np.prod(self.feature_shape))
            setattr(self, output_name, L.Linear(n_features, output_dim, initialW=w))
        if normalisation == "spectral":
            for name in [*self.layer_names, output_name]:
                self[name].add_hook(SpectralNormalization(rng))

    def forward(self, x) -> chainer.Variable:
        """Judge images: x (B, 3, H, W) to (B, output_dim); a logit is high for real."""
        return self.conclude(self.features(x))

    def features(self, x) -> chainer.Variable:
        """Return what the linear layer judges by, (B, *feature_shape)."""
        return F.leaky_relu(self.extract(x), self.slope)

    def extract(self, x) -> chainer.Variable:
        """Return the last convolution's maps before their leaky ReLU, (B, *feature_shape)."""
        h = F.cast(x, self.compute_dtype or self[self.output_name].W.dtype)
        *hidden, last = self.layer_names
        for name in hidden:
            bn = self._normalisation(name)
            if bn is None:
                h = leaky(self[name], h, self.slope)
            else:
                h = F.leaky_relu(bn(self[name](h)), self.slope)
        bn = self._normalisation(last)
        return self[last](h) if bn is None else bn(self[last](h))

    def _normalisation(self, name: str) -> chainer.Link | None:
        """Return the normalisation behind a convolution, if there is one and it is called."""
        bn = f"bn{name[1:]}"
        return self[bn] if hasattr(self, bn) and bn not in self.idle else None

    def conclude(self, h) -> chainer.Variable:
        """Return the linear layer's output (B, output_dim) on what goes into it, in float32."""
        linear = self[self.output_name]
        return F.cast(linear(h), linear.W.dtype)


class ArticleDiscriminator(Discriminator):
    """Variant A's discriminator: 4x4 convolutions of stride 2, no biases, down to 4x4."""

    def __init__(self, image_size: int, ch: int, **arguments):
        n_stages = count_stages(image_size)
        names = ["c0_0", *(f"c{i}_1" for i in range(n_stages - 1))]
        widths = [3, *(ch >> i for i in reversed(range(n_stages)))]
        layers = [(name, *pair, 4, 2) for name, pair in zip(names, zip(widths, widths[1:]))]
        super().__init__(layers, image_size, bias=False, batch_gamma=True, **arguments)


class DCGANDiscriminator(Discriminator):
    """Variant B's discriminator for DCGAN and SN-GAN; widens on the 4x4 convolutions."""

    def __init__(self, image_size: int, ch: int, **arguments):
        layers = [
            ("c0_0", 3, ch // 8, 3, 1),
            ("c0_1", ch // 8, ch // 4, 4, 2),
            ("c1_0", ch // 4, ch // 4, 3, 1),
            ("c1_1", ch // 4, ch // 2, 4, 2),
            ("c2_0", ch // 2, ch // 2, 3, 1),
            ("c2_1", ch // 2, ch, 4, 2),
            ("c3_0", ch, ch, 3, 1),
        ]
        super().__init__(layers, image_size, **arguments)


class WGANDiscriminator(Discriminator):
    """Variant B's discriminator for DRAGAN: the same stack under upstream's other names."""

    def __init__(self, image_size: int, ch: int, **arguments):
        layers = [
            ("c0", 3, ch // 8, 3, 1),
            ("c1", ch // 8, ch // 4, 4, 2),
            ("c1_0", ch // 4, ch // 4, 3, 1),
            ("c2", ch // 4, ch // 2, 4, 2),
            ("c2_0", ch // 2, ch // 2, 3, 1),
            ("c3", ch // 2, ch, 4, 2),
            ("c3_0", ch, ch, 3, 1),
        ]
        super().__init__(layers, image_size, **arguments)


class PaperDiscriminator(Discriminator):
    """The SN-GAN paper's standard CNN (table 3b): widens on the 3x3s, leaky slope 0.1."""

    def __init__(self, image_size: int, ch: int, **arguments):
        layers = [
            ("c0_0", 3, ch // 8, 3, 1),
            ("c0_1", ch // 8, ch // 8, 4, 2),
            ("c1_0", ch // 8, ch // 4, 3, 1),
            ("c1_1", ch // 4, ch // 4, 4, 2),
            ("c2_0", ch // 4, ch // 2, 3, 1),
            ("c2_1", ch // 2, ch // 2, 4, 2),
            ("c3_0", ch // 2, ch, 3, 1),
        ]
        super().__init__(layers, image_size, slope=0.1, **arguments)


def normalise(net: chainer.Chain, name: str, h) -> chainer.Variable:
    """Return ``h`` after the net's normalisation of that name, or as it is if there is none."""
    return net[name](h) if hasattr(net, name) else h
