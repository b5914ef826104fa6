"""Images from a generator: in test mode, from given latents, as uint8."""

from __future__ import annotations

import chainer
import numpy as np

from chainer_gan_anime.common.net import Generator


def to_uint8(x):
    """Quantise images in [-1, 1] to uint8 by rounding; the shape and the device stay."""
    return ((x + 1) * 127.5 + 0.5).clip(0, 255).astype(np.uint8)


def generate(gen: Generator, z: np.ndarray, batch_size: int = 100) -> np.ndarray:
    """Draw the images of given latents; changes nothing in the generator.

    Args:
        gen: The generator, on any device; its batch normalisation uses running statistics.
        z: Latents (N, n_hidden[, 1, 1]) on the host.
        batch_size: Latents at a time.

    Returns:
        uint8 (N, 3, H, W) on the host.
    """
    batches = []
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        for start in range(0, len(z), batch_size):
            x = gen(gen.device.send(z[start : start + batch_size])).array
            batches.append(chainer.get_device("@numpy").send(to_uint8(x)))
    return np.concatenate(batches)
