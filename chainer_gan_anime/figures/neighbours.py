"""Generated images by realism, and beside their nearest training images."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.evaluation.scores.distances import squared_distances
from chainer_gan_anime.evaluation.scores.prdc import NEIGHBOURS, squared_radii


def realism(real: np.ndarray, fake: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
    """Return each generated image's realism, (M,): above 1, it lies in a real image's ball.

    The largest ratio of a real image's radius (to its k-th neighbour) to its distance, over
    the half of the real images with the smaller radii, since those of rare images reach too
    far.

    Args:
        real: Features (N, d).
        fake: Features (M, d).
        k: Neighbours that span a ball.

    Source: Kynkäänniemi et al. 2019 (arXiv 1904.06991), section 5, equation 3.
    """
    radii = squared_radii(real, k)
    kept = radii <= np.median(radii)
    result = np.empty(len(fake))
    for rows, distances in squared_distances(fake, real[kept]):
        with np.errstate(divide="ignore", invalid="ignore"):  # a copy of a real image: infinite
            ratios = np.where(distances == 0, np.inf, radii[kept] / distances)
        result[rows] = np.sqrt(ratios.max(axis=1))
    return result


def nearest_rows(fake: np.ndarray, real: np.ndarray, count: int) -> np.ndarray:
    """Return the rows of ``real`` nearest to each row of ``fake``, the nearest first.

    Args:
        fake: Features (M, d).
        real: Features (N, d).
        count: How many for each.

    Returns:
        int64 (M, count).
    """
    blocks = [
        np.argsort(distances, axis=1, kind="stable")[:, :count]
        for _, distances in squared_distances(fake, real)
    ]
    return np.concatenate(blocks)


def neighbour_rows(
    images: np.ndarray, training: np.ndarray, features: np.ndarray, real: np.ndarray, count: int
) -> np.ndarray:
    """Return images each followed by its nearest training images, as grids take them.

    Args:
        images: Generated, uint8 (M, 3, H, W).
        training: uint8 (N, 3, H, W).
        features: Of ``images``, (M, d).
        real: Features of ``training``, (N, d).
        count: Training images per row.

    Returns:
        uint8 (M * (1 + count), 3, H, W).
    """
    rows = nearest_rows(features, real, count)
    return np.concatenate([[image, *training[row]] for image, row in zip(images, rows)])
