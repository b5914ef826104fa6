"""Pairwise distances, a block of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

# Squared distances come from x² + y² - 2xy; below this share of x² + y² they are rounding.
_NOISE = 1e-12


def squared_distances(
    x: np.ndarray, y: np.ndarray, block_size: int = 1024
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield the squared Euclidean distances of ``x``'s rows to ``y``'s rows.

    Args:
        x: (N, d).
        y: (M, d).
        block_size: Rows of ``x`` a step.

    Yields:
        The slice of ``x``'s rows and their (rows, M) distances, float64; two equal rows are
        exactly 0 apart, so that duplicates tie.
    """
    y = np.asarray(y, np.float64)
    y_norms = np.einsum("ij,ij->i", y, y)
    for start in range(0, len(x), block_size):
        rows = slice(start, min(start + block_size, len(x)))
        block = np.asarray(x[rows], np.float64)
        norms = np.einsum("ij,ij->i", block, block)[:, None] + y_norms
        distances = norms - 2 * (block @ y.T)
        distances[distances < _NOISE * norms] = 0
        yield rows, distances
