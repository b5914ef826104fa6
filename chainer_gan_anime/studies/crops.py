"""Cuts of the same pictures, wide and tight, with a common part to compare them by."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.evaluation.networks.resize import resize

_TIGHT_SHARE = 11 / 16  # of the width: 44 pixels of 64, from brows to chin


def central(images: np.ndarray) -> np.ndarray:
    """Return the middle of images (N, 3, H, H) uint8: what the tight cut shows."""
    size = images.shape[-1]
    inner = 2 * round(size * _TIGHT_SHARE / 2)
    start = (size - inner) // 2
    return images[:, :, start : start + inner, start : start + inner]


def resized(images: np.ndarray, size: int) -> np.ndarray:
    """Return images (N, 3, H, W) uint8 in another size, antialiased."""
    return resize(images, size).round().clip(0, 255).astype(np.uint8)


def halved(images: np.ndarray) -> np.ndarray:
    """Return images (N, 3, H, H) uint8 in half their size."""
    return resized(images, images.shape[-1] // 2)


def wide_and_tight(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cut pictures twice, at the same size: half of theirs, so that neither cut is enlarged.

    As with pictures from the net, which are larger than what is trained on, the tight cut
    shows less with more pixels for the face.

    Returns:
        Wide and tight, (N, 3, H / 2, H / 2) uint8 each.
    """
    wide = halved(images)
    return wide, resized(central(images), wide.shape[-1])
