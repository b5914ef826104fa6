"""The share of kinds of real faces that the generator draws at all."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.evaluation.scores.distances import squared_distances
from chainer_gan_anime.evaluation.scores.registry import Sample, Value, register

N_CLUSTERS = 100
_MIN_SHARE = 0.25  # of the average cluster
_ITERATIONS = 30


def nearest(features: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return index of and squared distance to every row's nearest centre."""
    index = np.empty(len(features), np.intp)
    distance = np.empty(len(features))
    for rows, distances in squared_distances(features, centres):
        index[rows] = distances.argmin(axis=1)
        distance[rows] = distances.min(axis=1)
    return index, distance


def k_means(features: np.ndarray, k: int, random: np.random.RandomState) -> np.ndarray:
    """Return (k, d) cluster centres: Lloyd's iterations from a k-means++ start."""
    features = np.asarray(features, np.float64)
    centres = features[random.randint(len(features), size=1)]
    _, distance = nearest(features, centres)
    while len(centres) < k:
        total = distance.sum()
        chance = distance / total if total else None  # fewer different rows than centres
        chosen = features[[random.choice(len(features), p=chance)]]
        centres = np.concatenate([centres, chosen])
        distance = np.minimum(distance, nearest(features, chosen)[1])
    for _ in range(_ITERATIONS):
        index, _ = nearest(features, centres)
        counts = np.bincount(index, minlength=k)
        sums = np.zeros_like(centres)
        np.add.at(sums, index, features)
        moved = np.where(counts[:, None] > 0, sums / counts.clip(1)[:, None], centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return centres


@register(
    Value(
        "clusters_hit",
        "Clusters hit",
        "high",
        "share of kinds of real faces that are drawn at all",
    ),
    needs="features",
    min_n=10,
)
def clusters_hit(real: Sample, fake: Sample, random: np.random.RandomState) -> tuple[float]:
    """Share of the real images' clusters that hold at least one generated image.

    Of 100 clusters, or a tenth of the real images if that is fewer, those count that hold at
    least a quarter of the average: the small ones are single odd pictures, which other real
    images miss as well.  Higher is better.
    """
    k = min(N_CLUSTERS, len(real) // 10)
    centres = k_means(real.features, k, random)
    members = np.bincount(nearest(real.features, centres)[0], minlength=k)
    counting = members >= _MIN_SHARE * len(real) / k
    hit = np.bincount(nearest(fake.features, centres)[0], minlength=k) > 0
    return (float(hit[counting].mean()),)
