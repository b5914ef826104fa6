"""Kernel Inception Distance: the headline score, because it is unbiased at every count."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.evaluation.networks.resize import resize
from chainer_gan_anime.evaluation.scores.registry import Sample, Value, register

_BLOCK = 512  # rows of the kernel matrix held at a time


def _subset_sums(x: np.ndarray, y: np.ndarray, rows: np.ndarray, columns: np.ndarray):
    """Return sum and diagonal sum of the kernel (x·y/d + 1)³ over every subset.

    With a 0/1 matrix R that marks each subset's rows and C its columns, all sums at once are
    the diagonal of R K Cᵀ; one pass over blocks of K serves a hundred subsets.
    """
    product = np.zeros((len(rows), len(y)))
    trace = np.zeros(len(rows))
    for start in range(0, len(x), _BLOCK):
        block = slice(start, start + _BLOCK)
        kernel = (x[block] @ y.T / x.shape[1] + 1) ** 3
        product += rows[:, block] @ kernel
        trace += rows[:, block] @ kernel.diagonal(start)[: kernel.shape[0]] if x is y else 0
    return np.einsum("sj,sj->s", product, columns), trace


def kernel_distance(
    real: np.ndarray,
    fake: np.ndarray,
    random: np.random.RandomState,
    n_subsets: int = 100,
    max_subset_size: int = 1000,
) -> tuple[float, float | None]:
    """Return the KID of two sets of features and its spread over subsets.

    The unbiased squared maximum mean discrepancy with the kernel (x·y/d + 1)³, averaged over
    random subsets (Bińkowski et al., "Demystifying MMD GANs", arXiv 1801.01401, section 4).

    Args:
        real: (N, d) features.
        fake: (M, d) features.
        random: Draws the subsets.
        n_subsets: Subsets to average.
        max_subset_size: Images of each side in a subset, at most.

    Returns:
        Mean and standard deviation over the subsets.  The mean of two draws of one
        distribution is 0 and may be negative.  The deviation is None where every subset is
        all there is.
    """
    m = min(len(real), len(fake), max_subset_size)
    real, fake = np.asarray(real, np.float64), np.asarray(fake, np.float64)
    marks = []
    for x in (real, fake):
        mark = np.zeros((n_subsets, len(x)))
        for row in mark:
            row[random.permutation(len(x))[:m]] = 1
        marks.append(mark)
    in_real, in_fake = marks
    real_sum, real_trace = _subset_sums(real, real, in_real, in_real)
    fake_sum, fake_trace = _subset_sums(fake, fake, in_fake, in_fake)
    cross_sum, _ = _subset_sums(real, fake, in_real, in_fake)
    within = (real_sum - real_trace + fake_sum - fake_trace) / (m * (m - 1))
    distances = within - 2 * cross_sum / m**2
    alike = m == len(real) == len(fake)
    return float(distances.mean()), None if alike else float(distances.std())


@register(
    Value("kid", "KID", "low", "distance of the features' distributions; unbiased at any count"),
    Value("kid_std", "KID, spread", None, "over the subsets that KID is averaged from"),
    needs="features",
)
def kid(real: Sample, fake: Sample, random: np.random.RandomState) -> tuple[float, float | None]:
    """KID of the features; lower is better."""
    return kernel_distance(real.features, fake.features, random)


def halved(images: np.ndarray) -> np.ndarray:
    """Return uint8 images (N, 3, H, W) at half their size, antialiased."""
    blocks = [
        resize(images[i : i + _BLOCK], images.shape[2] // 2).round().clip(0, 255).astype(np.uint8)
        for i in range(0, len(images), _BLOCK)
    ]
    return np.concatenate(blocks)


@register(
    Value("kid_half", "KID at half size", "low", "structure without texture and pixel noise"),
    Value("kid_half_std", "KID at half size, spread", None, "over the subsets"),
    needs="half_features",
)
def kid_half(
    real: Sample, fake: Sample, random: np.random.RandomState
) -> tuple[float, float | None]:
    """KID of both sides reduced to half their size."""
    return kernel_distance(real.half_features, fake.half_features, random)
