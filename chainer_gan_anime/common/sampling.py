"""Images from a generator: in test mode, from given latents, as uint8."""

from __future__ import annotations

from collections.abc import Sequence

import chainer
import numpy as np

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.truncation import truncate
from crawler.shared.errors import UserError


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


def draw_latents(
    gen: Generator, n: int, seed: int, tags: Sequence[str] = (), truncation: float | None = None
) -> np.ndarray:
    """Draw what a generator draws from: its latents, with tags if it knows any.

    Args:
        gen: The generator.
        n: How many.
        seed: Of the latents, and of the tags that are not asked for.
        tags: What all images shall have.
        truncation: See :func:`chainer_gan_anime.common.truncation.truncate`; None leaves the
            latents as they are drawn in training.

    Returns:
        float32 (n, n_hidden[ + T]).

    Raises:
        UserError: A tag is unknown, or the generator knows none.
    """
    rng = np.random.RandomState(seed)
    z = _draw(gen, n, rng, tags)
    return z if truncation is None else truncate(gen, z, truncation, rng)


def _draw(gen: Generator, n: int, rng: np.random.RandomState, tags: Sequence[str]) -> np.ndarray:
    if not tags:
        return gen.make_hidden(n, rng).reshape(n, -1)
    if not hasattr(gen, "make_asked"):
        raise UserError(
            "this generator was trained without tags: leave --tags out, or give a run of "
            "--algorithm acgan."
        )
    return gen.make_asked(n, rng, tags).reshape(n, -1)
