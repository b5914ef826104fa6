"""Fréchet Inception Distance; biased, so only equal counts may be compared."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.evaluation.scores.registry import Sample, Value, register

_BLOCK = 1024


def mean_and_covariance(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean (d,) and the unbiased covariance (d, d) in float64, block by block."""
    mean = features.mean(axis=0, dtype=np.float64)
    scatter = np.zeros((features.shape[1],) * 2)
    for start in range(0, len(features), _BLOCK):
        centred = features[start : start + _BLOCK] - mean
        scatter += centred.T @ centred
    return mean, scatter / (len(features) - 1)


def frechet_distance(
    mean1: np.ndarray, cov1: np.ndarray, mean2: np.ndarray, cov2: np.ndarray
) -> float:
    """Return the squared Fréchet (2-Wasserstein) distance of two Gaussians.

    |m1 - m2|² + tr(S1 + S2) - 2 tr (S1^½ S2 S1^½)^½ (Heusel et al., arXiv 1706.08500, section
    2).  The last trace is taken from the eigenvalues of a symmetric matrix, which stays real
    where fewer images than features leave the covariances singular.
    """
    values, vectors = np.linalg.eigh(cov1)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    eigenvalues = np.linalg.eigvalsh(root @ cov2 @ root).clip(0)
    shift = mean1 - mean2
    distance = shift @ shift + np.trace(cov1) + np.trace(cov2) - 2 * np.sqrt(eigenvalues).sum()
    return float(max(distance, 0.0))


@register(
    Value("fid", "FID", "low", "Fréchet distance; biased, so compared at equal n only"),
    needs="features",
)
def fid(real: Sample, fake: Sample, random: np.random.RandomState) -> tuple[float]:
    """FID of the features; lower is better."""
    return (
        frechet_distance(*mean_and_covariance(real.features), *mean_and_covariance(fake.features)),
    )
