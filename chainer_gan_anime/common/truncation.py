"""Truncation: latents nearer to the middle than in training, for less varied faces."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.common.net import Generator
from crawler.shared.errors import UserError

# Below it hardly a normal number in a hundred is within, and drawing anew would take long.
MIN_TRUNCATION = 0.02


def truncate(
    gen: Generator, z: np.ndarray, threshold: float, rng: np.random.RandomState
) -> np.ndarray:
    """Return latents truncated at a threshold; tags behind them stay.

    Normal latents: each number beyond the threshold is drawn anew until it is within, so that
    those within stay as they are.  Uniform latents, which have no tails to cut: all are scaled,
    from U(-1, 1) to U(-threshold, threshold).

    Args:
        gen: Says how its latents are distributed, and how many numbers are not tags.
        z: float32 (B, n_hidden[ + T]).
        threshold: Above 0; of uniform latents at most 1, which changes nothing.
        rng: Draws anew.

    Source: Brock et al. 2019 (arXiv:1809.11096), "Large scale GAN training for high fidelity
    natural image synthesis", section 3.1, for normal latents.
    """
    z = z.copy()
    latents = z[:, : gen.n_hidden]
    if gen.z_distribution == "uniform":
        latents *= np.float32(threshold)
        return z
    while (outside := np.abs(latents) > threshold).any():
        latents[outside] = rng.normal(size=outside.sum())
    return z


def check_truncation(gen: Generator, threshold: float) -> None:
    """Refuse a threshold that a generator's latents cannot be truncated at.

    Raises:
        UserError: It is out of range.
    """
    high = 1 if gen.z_distribution == "uniform" else float("inf")
    if not MIN_TRUNCATION <= threshold <= high:
        upto = f"from {MIN_TRUNCATION} to 1" if high == 1 else f"at least {MIN_TRUNCATION}"
        raise UserError(
            f"--truncation {threshold:g} is out of range: this generator draws from "
            f"{gen.z_distribution} latents, take {upto}."
        )


def describe_truncation(gen: Generator, threshold: float) -> str:
    """Return in words what :func:`truncate` does to a generator's latents."""
    if gen.z_distribution == "uniform":
        return f"latents scaled to U(-{threshold:g}, {threshold:g})"
    return f"normal latents beyond {threshold:g} drawn anew"
