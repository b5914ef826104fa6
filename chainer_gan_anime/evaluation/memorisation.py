"""Whether generated images are copies: their nearest training images, in pixels and features."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.evaluation.distances import squared_distances
from chainer_gan_anime.evaluation.registry import Sample, register

MAX_CANDIDATES = 1000  # pixels have 12,288 dimensions: all 4,000 would take minutes
_PERCENTILE = 10
_COLUMNS = 2048  # training images compared at a time


def nearest_distances(candidates: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Return each row's Euclidean distance to its nearest row of ``training``, (N,)."""
    smallest = np.full(len(candidates), np.inf)
    for start in range(0, len(training), _COLUMNS):
        columns = training[start : start + _COLUMNS]
        for rows, distances in squared_distances(candidates, columns):
            smallest[rows] = np.minimum(smallest[rows], distances.min(axis=1))
    return np.sqrt(smallest)


def nearest_pixel_distances(candidates: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Return each image's root-mean-square pixel distance to its nearest training image.

    Args:
        candidates: (N, 3, H, W) uint8.
        training: (M, 3, H, W) uint8; each is compared as it is and mirrored.

    Returns:
        (N,) float64, in pixel values of 0..255.
    """
    smallest = np.full(len(candidates), np.inf)
    for mirrored in (candidates, candidates[:, :, :, ::-1]):
        rows = mirrored.reshape(len(candidates), -1)
        distances = nearest_distances(rows, training.reshape(len(training), -1))
        smallest = np.minimum(smallest, distances)
    return smallest / np.sqrt(candidates[0].size)


def memorisation_alarm(values: tuple[float, ...], floors: tuple[float, ...]) -> str | None:
    """Return a sentence if the generated median lies below the held-out 10th percentile."""
    median, held_out_percentile = values[0], floors[1]
    if median >= held_out_percentile:
        return None
    return (
        f"half of the generated images lie within {median:.4g} of a training image, nearer than "
        f"nine in ten real images do that were held out ({held_out_percentile:.4g}): the "
        "generator repeats its training images."
    )


def _summary(distances: np.ndarray) -> tuple[float, float]:
    return float(np.median(distances)), float(np.percentile(distances, _PERCENTILE))


@register(
    "nearest_training_pixels",
    "nearest_training_pixels_p10",
    reference="training",
    alarm=memorisation_alarm,
)
def memorisation_pixels(
    training: Sample, candidates: Sample, random: np.random.RandomState
) -> tuple[float, float]:
    """Median and 10th percentile of the pixel distance to the nearest training image."""
    rows = random.permutation(len(candidates))[:MAX_CANDIDATES]
    return _summary(nearest_pixel_distances(candidates.images[rows], training.images))


@register(
    "nearest_training_features",
    "nearest_training_features_p10",
    needs="features",
    reference="training",
    alarm=memorisation_alarm,
)
def memorisation_features(
    training: Sample, candidates: Sample, random: np.random.RandomState
) -> tuple[float, float]:
    """Median and 10th percentile of the feature distance to the nearest training image."""
    rows = random.permutation(len(candidates))[:MAX_CANDIDATES]
    return _summary(nearest_distances(candidates.features[rows], training.features))
