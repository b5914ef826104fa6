"""Whether generated images are copies: their nearest training images, in pixels and features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainer_gan_anime.evaluation.scores.distances import squared_distances
from chainer_gan_anime.evaluation.scores.registry import Sample, Value, register

MAX_CANDIDATES = 1000  # pixels have 12,288 dimensions: all 4,000 would take minutes
_PERCENTILE = 10
_COPY_RATIO = 0.75
_FAR = 20  # which neighbour tells how near training images lie in general
_COLUMNS = 2048  # training images compared at a time


def nearest_distances(views: Sequence[np.ndarray], training: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances to the nearest and to the 20th nearest training row.

    Args:
        views: One or more (N, d) arrays; a training row is as near as its nearest view.
        training: (M, d).

    Returns:
        (N, 2) float64; the farthest stands for the 20th where there are fewer.
    """
    k = min(_FAR, len(training))
    nearest = np.full((len(views[0]), k), np.inf)
    for start in range(0, len(training), _COLUMNS):
        columns = training[start : start + _COLUMNS]
        for blocks in zip(*(squared_distances(view, columns) for view in views)):
            rows = blocks[0][0]
            distances = np.minimum.reduce([distances for _, distances in blocks])
            merged = np.concatenate([nearest[rows], distances], axis=1)
            nearest[rows] = np.partition(merged, k - 1, axis=1)[:, :k]
    return np.sqrt(np.stack([nearest.min(axis=1), nearest.max(axis=1)], axis=1))


def nearest_pixel_distances(candidates: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Return root-mean-square pixel distances to the nearest and 20th nearest training image.

    Args:
        candidates: (N, 3, H, W) uint8; each is compared as it is and mirrored.
        training: (M, 3, H, W) uint8.

    Returns:
        (N, 2) float64, in pixel values of 0..255.
    """
    views = [x.reshape(len(x), -1) for x in (candidates, candidates[:, :, :, ::-1])]
    distances = nearest_distances(views, training.reshape(len(training), -1))
    return distances / np.sqrt(candidates[0].size)


def memorisation_alarm(values: tuple[float, ...], floors: tuple[float, ...]) -> str | None:
    """Return a sentence if generated images lie nearer to training images than real ones do.

    The generated median must lie below the held-out 10th percentile, and the median ratio to
    the 20th nearest well below that of held-out images: a blurred image is near to many
    training images, a copy to one.  (After 1,610 iterations, with blobs for faces, SN-GAN's
    median pixel distance of 49.6 was below the held-out 10th percentile of 49.9, at a ratio of
    0.89; noisy copies have 0.24, held-out images 0.92.)
    """
    distance, _, ratio = values
    _, held_out_distance, held_out_ratio = floors
    if distance >= held_out_distance or ratio >= _COPY_RATIO * held_out_ratio:
        return None
    return (
        f"half of the generated images lie within {distance:.4g} of a training image, nearer "
        f"than nine in ten real images that were held out ({held_out_distance:.4g}): the "
        "generator repeats its training images."
    )


def _summary(distances: np.ndarray) -> tuple[float, float, float]:
    """Return median and 10th percentile of the nearest, and the median ratio to the 20th."""
    nearest, far = distances.T
    ratio = np.divide(nearest, far, out=np.zeros_like(nearest), where=far > 0)
    return (
        float(np.median(nearest)),
        float(np.percentile(nearest, _PERCENTILE)),
        float(np.median(ratio)),
    )


def _values(space: str) -> list[Value]:
    name = f"nearest_training_{space}"
    label = f"Nearest training image, {space}"
    return [
        Value(name, label, None, "median distance; far below the floor: copies"),
        Value(f"{name}_p10", f"{label}, 10th percentile", None, "of the same distances"),
        Value(f"{name}_ratio", f"{label}, ratio", None, "to the 20th nearest: 0 for a copy"),
    ]


@register(
    *_values("pixels"),
    reference="training",
    alarm=memorisation_alarm,
)
def memorisation_pixels(
    training: Sample, candidates: Sample, random: np.random.RandomState
) -> tuple[float, float, float]:
    """Median and 10th percentile of the pixel distance to the nearest training image.

    And the median of its ratio to the distance of the 20th nearest: 0 for a copy, near 1 for
    an image that is no nearer to one than to many.
    """
    rows = random.permutation(len(candidates))[:MAX_CANDIDATES]
    return _summary(nearest_pixel_distances(candidates.images[rows], training.images))


@register(
    *_values("features"),
    needs="features",
    reference="training",
    alarm=memorisation_alarm,
)
def memorisation_features(
    training: Sample, candidates: Sample, random: np.random.RandomState
) -> tuple[float, float, float]:
    """The same as :func:`memorisation_pixels`, for the distances of features."""
    rows = random.permutation(len(candidates))[:MAX_CANDIDATES]
    return _summary(nearest_distances([candidates.features[rows]], training.features))
