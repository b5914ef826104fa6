"""Multi-scale structural similarity of random pairs: high where images repeat each other."""

from __future__ import annotations

import functools

import numpy as np

from chainer_gan_anime.evaluation.scores.registry import Sample, Value, register
from crawler.shared.errors import UserError

_WINDOW, _SIGMA = 11, 1.5
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # finest scale first
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_MAX_PAIRS = 2000
_BATCH = 100


@functools.lru_cache(maxsize=16)
def _window_matrix(size: int) -> np.ndarray:
    """Return the (size - 10, size) matrix that applies the Gaussian window along an axis."""
    x = np.arange(_WINDOW) - _WINDOW // 2
    window = np.exp(-(x**2) / (2 * _SIGMA**2))
    window /= window.sum()
    matrix = np.zeros((size - _WINDOW + 1, size))
    for i, row in enumerate(matrix):
        row[i : i + _WINDOW] = window
    return matrix.astype(np.float32)


def _similarity(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean SSIM and mean contrast-structure term of pairs (B, C, H, W), each (B,)."""
    rows, columns = _window_matrix(x.shape[2]), _window_matrix(x.shape[3]).T

    def blur(image):
        return rows @ (image @ columns)

    mean_x, mean_y = blur(x), blur(y)
    variances = blur(x * x) - mean_x**2 + blur(y * y) - mean_y**2
    covariance = blur(x * y) - mean_x * mean_y
    structure = (2 * covariance + _C2) / (variances + _C2)
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    return (luminance * structure).mean(axis=(1, 2, 3)), structure.mean(axis=(1, 2, 3))


def _halve(images: np.ndarray) -> np.ndarray:
    h, w = (size // 2 * 2 for size in images.shape[2:])
    blocks = images[:, :, :h, :w].reshape(*images.shape[:2], h // 2, 2, w // 2, 2)
    return blocks.mean(axis=(3, 5))


def multi_scale_ssim(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the similarity of each pair of images.

    Wang, Simoncelli and Bovik, "Multi-scale structural similarity" (2003).  Of the five scales
    as many are used as an 11-pixel window fits into, 3 at 64 pixels, their weights brought to
    sum 1.

    Args:
        x: (B, C, H, W), pixels of 0..255; at least 11 x 11.
        y: The other half of the pairs.

    Returns:
        (B,) float32; 1 for equal images.
    """
    x, y = np.asarray(x, np.float32), np.asarray(y, np.float32)
    n_scales = min(len(_WEIGHTS), int(np.log2(min(x.shape[2:]) / _WINDOW)) + 1)
    weights = np.array(_WEIGHTS[:n_scales]) / sum(_WEIGHTS[:n_scales])
    result = np.ones(len(x), np.float32)
    for i, weight in enumerate(weights):
        if i > 0:
            x, y = _halve(x), _halve(y)
        whole, structure = _similarity(x, y)
        term = whole if i == n_scales - 1 else structure
        result *= term.clip(0) ** np.float32(weight)  # a negative base has no real power
    return result


@register(
    Value("ms_ssim", "MS-SSIM", None, "likeness of random pairs; above the floor: too much alike")
)
def ms_ssim(real: Sample, fake: Sample, random: np.random.RandomState) -> tuple[float]:
    """Mean MS-SSIM of random pairs of generated images; above the floor: too much alike.

    Raises:
        UserError: The images are smaller than the window.
    """
    if min(fake.images.shape[2:]) < _WINDOW:
        raise UserError(
            f"ms_ssim looks through windows of {_WINDOW} pixels and the images are smaller; "
            "choose other scores with --scores."
        )
    order = random.permutation(len(fake))
    n_pairs = min(len(order) // 2, _MAX_PAIRS)
    first, second = order[:n_pairs], order[n_pairs : 2 * n_pairs]
    values = [
        multi_scale_ssim(fake.images[first[i : i + _BATCH]], fake.images[second[i : i + _BATCH]])
        for i in range(0, n_pairs, _BATCH)
    ]
    return (float(np.concatenate(values).mean(dtype=np.float64)),)
