"""Grids of images, and writing them as PNG."""

from __future__ import annotations

import os

import numpy as np
from PIL import Image

from crawler.shared.files import replacing


def make_grid(images: np.ndarray, n_columns: int, gap_px: int = 2) -> np.ndarray:
    """Lay images out row by row on white.

    Args:
        images: uint8 (N, 3, H, W).
        n_columns: Images per row; the last row may stay unfilled.
        gap_px: White pixels between and around the images.

    Returns:
        uint8 (height, width, 3).
    """
    n, channels, height, width = images.shape
    n_rows = -(-n // n_columns)
    shape = (n_rows * (height + gap_px) + gap_px, n_columns * (width + gap_px) + gap_px, channels)
    grid = np.full(shape, 255, np.uint8)
    for i, image in enumerate(images):
        row, column = divmod(i, n_columns)
        top, left = gap_px + row * (height + gap_px), gap_px + column * (width + gap_px)
        grid[top : top + height, left : left + width] = image.transpose(1, 2, 0)
    return grid


def save_png(path: str | os.PathLike, picture: np.ndarray) -> None:
    """Write a picture, uint8 (height, width, 3), as PNG: whole or not at all."""
    with replacing(path) as file:
        Image.fromarray(picture).save(file, "PNG", optimize=True)
