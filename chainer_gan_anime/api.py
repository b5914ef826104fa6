"""What a notebook needs: a trained generator, its images, a grid of them.

The same names are exported by the package itself.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.figures.grid import make_grid, save_png
from chainer_gan_anime.runs import generators


def load_generator(path: str | os.PathLike) -> Generator:
    """Load a trained generator, on the CPU.

    Args:
        path: A run's folder, a snapshot, or a generator's npz, upstream's too.

    Raises:
        UserError: There is nothing to load, or it is no generator.
    """
    gen, _ = generators.load_generator(Path(path))
    return gen


def draw(gen: Generator, n: int, seed: int = 0) -> np.ndarray:
    """Draw n images: the same ones as ``generate.py --seed``.

    Args:
        gen: The generator.
        n: How many.
        seed: Of the latents, from 0 to 2**32 - 1.

    Returns:
        uint8 (n, height, width, 3), RGB: what PIL and matplotlib show.
    """
    z = gen.make_hidden(n, np.random.RandomState(seed))
    return generate(gen, z).transpose(0, 2, 3, 1)


def save_grid(path: str | os.PathLike, images: np.ndarray, n_columns: int = 10) -> None:
    """Write images, uint8 (n, height, width, 3), as one PNG of ``n_columns`` columns."""
    save_png(Path(path), make_grid(np.asarray(images).transpose(0, 3, 1, 2), n_columns))
