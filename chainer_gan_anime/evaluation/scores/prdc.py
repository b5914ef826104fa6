"""Precision, recall, density and coverage: quality and variety told apart."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.evaluation.scores.distances import squared_distances
from chainer_gan_anime.evaluation.scores.registry import Sample, Value, register

NEIGHBOURS = 5
_TIE = 1 + 1e-9  # distances this close count as equal: the two passes round differently


def squared_radii(features: np.ndarray, k: int = NEIGHBOURS) -> np.ndarray:
    """Return (N,) squared distances to every row's k-th nearest other row."""
    radii = np.empty(len(features))
    for rows, distances in squared_distances(features, features):
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
        radii[rows] = np.partition(distances, k - 1, axis=1)[:, k - 1]
    return radii


def precision_recall_density_coverage(
    real: np.ndarray, fake: np.ndarray, k: int = NEIGHBOURS
) -> tuple[float, float, float, float]:
    """Compare two sets of features by the balls around their members.

    A member's ball reaches to its k-th nearest neighbour in its own set; ties are inside.
    Precision and recall (Kynkäänniemi et al., arXiv 1904.06991): the share of fakes in any
    real ball, of reals in any fake ball.  Density and coverage (Naeem et al., arXiv
    2002.09797): real balls around a fake over k, and the share of real balls with a fake.

    Args:
        real: (N, d) features.
        fake: (M, d) features.
        k: Neighbours that span a ball.

    Returns:
        Precision, recall, density (it may exceed 1) and coverage.
    """
    real_radii, fake_radii = squared_radii(real, k) * _TIE, squared_radii(fake, k) * _TIE
    balls_around_fake = np.zeros(len(fake))
    recalled = covered = 0
    for rows, distances in squared_distances(real, fake):
        in_real_ball = distances <= real_radii[rows, None]
        balls_around_fake += in_real_ball.sum(axis=0)
        covered += in_real_ball.any(axis=1).sum()
        recalled += (distances <= fake_radii).any(axis=1).sum()
    return (
        float((balls_around_fake > 0).mean()),
        float(recalled / len(real)),
        float(balls_around_fake.mean() / k),
        float(covered / len(real)),
    )


@register(
    Value("precision", "Precision", "high", "share of generated images that lie among real ones"),
    Value("recall", "Recall", "high", "share of real images that lie among generated ones"),
    Value("density", "Density", "high", "how densely real images lie around generated ones"),
    Value("coverage", "Coverage", "high", "share of real images with a generated one nearby"),
    needs="features",
    min_n=NEIGHBOURS + 1,
)
def prdc(
    real: Sample, fake: Sample, random: np.random.RandomState
) -> tuple[float, float, float, float]:
    """The four values of :func:`precision_recall_density_coverage`; higher is better."""
    return precision_recall_density_coverage(real.features, fake.features)
