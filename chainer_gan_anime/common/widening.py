"""Net2WiderNet: nets with more channels that begin by computing what a trained one does."""

from __future__ import annotations

import chainer
import chainer.links as L
import numpy as np

from chainer_gan_anime.common import net
from crawler.shared.errors import UserError

# Of a layer's own spread: enough to part the copies of a channel, too little to spoil a face.
NOISE = 0.1
_CAN_BE_WIDENED = (
    net.ArticleGenerator,
    net.DCGANGenerator,
    net.ArticleDiscriminator,
    net.DCGANDiscriminator,
    net.WGANDiscriminator,
    net.PaperDiscriminator,
)


def widen(
    narrow: chainer.Chain, wide: chainer.Chain, rng: np.random.RandomState, noise: float = NOISE
) -> None:
    """Give a net the weights of a narrower one, so that it computes nearly the same.

    Each channel is there several times, and whoever reads it takes its share from each copy.
    Adam would move such copies alike for ever, so the weights that make them get some noise;
    without noise the net computes exactly what the narrow one does.  That holds under spectral
    normalisation too: to ``f`` copies of a layer's rows belongs a norm larger by ``sqrt(f)``,
    which makes all that follows smaller by that, the biases here included, until the last layer,
    whose copies of columns undo it; leaky ReLU keeps such factors.

    Args:
        narrow: The net that is copied.
        wide: One of the same class with a multiple of its channels; it is filled.
        rng: Stream of the noise.
        noise: Its standard deviation as a share of that of the layer's weights.

    Source: Chen et al. 2016, "Net2Net", section 2.3, with every channel copied equally often;
    what it says of spectral normalisation is ours.

    Raises:
        UserError: The nets cannot be widened, or not from these channels to those.
    """
    if type(wide) not in _CAN_BE_WIDENED or type(narrow) is not type(wide):
        raise UserError(
            f"--start-from cannot widen {type(wide).__name__}: give the same --ch as there, or "
            "leave it out."
        )
    for (_, layer), (_, wider) in zip(sorted(narrow.namedlinks()), sorted(wide.namedlinks())):
        if isinstance(layer, (L.Linear, L.Convolution2D, L.Deconvolution2D)):
            _widen_layer(layer, wider, rng, noise)
        elif isinstance(layer, L.BatchNormalization):
            for name in ("gamma", "beta"):
                if getattr(layer, name) is not None:
                    _copy(getattr(layer, name).array, getattr(wider, name).array)
            _copy(layer.avg_mean, wider.avg_mean)
            _copy(layer.avg_var, wider.avg_var)
            wider.N = layer.N


def _widen_layer(layer, wider, rng: np.random.RandomState, noise: float) -> None:
    axis_out, axis_in = (1, 0) if isinstance(layer, L.Deconvolution2D) else (0, 1)
    copies = _copy(layer.W.array, wider.W.array)
    wider.W.array /= copies[axis_in]
    if copies[axis_out] > 1:
        spread = noise * wider.W.array.std()
        wider.W.array += rng.normal(0, spread, wider.W.shape).astype(np.float32)
    normalised = hasattr(layer, "W_u")
    factor = np.float32(copies[axis_out] ** -0.5)
    if normalised:
        _copy(layer.W_u, wider.W_u)
        wider.W_u *= factor
    if layer.b is not None:
        _copy(layer.b.array, wider.b.array)
        if normalised:
            wider.b.array *= factor


def _copy(narrow: np.ndarray, wide: np.ndarray) -> list[int]:
    """Fill ``wide`` with copies of ``narrow``; return how many along each axis."""
    copies = [to // of for of, to in zip(narrow.shape, wide.shape)]
    if tuple(of * n for of, n in zip(narrow.shape, copies)) != wide.shape:
        raise UserError(
            f"--start-from can widen nets to a multiple of their channels, and {wide.shape} is "
            f"none of {narrow.shape}: give another --ch."
        )
    wide[...] = np.tile(narrow, copies)
    return copies
