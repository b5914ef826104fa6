"""What a notebook needs: a trained generator, its images, a grid of them.

The same names are exported by the package itself.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.common.steadiness import (
    check_share,
    find_steady_direction,
    move_to_steady,
)
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


def draw(gen: Generator, n: int, seed: int = 0, steady: float | None = None) -> np.ndarray:
    """Draw n images: the same ones as ``generate.py --seed``, and ``--steady`` if it is given.

    Args:
        gen: The generator.
        n: How many.
        seed: Of the latents, from 0 to 2**32 - 1.
        steady: Share of the latents to move to, such as 0.3, for fewer broken faces
            (:mod:`chainer_gan_anime.common.steadiness`), which draws 6,000 to find them.

    Returns:
        uint8 (n, height, width, 3), RGB: what PIL and matplotlib show.

    Raises:
        UserError: The share is out of range.
    """
    z = gen.make_hidden(n, np.random.RandomState(seed)).reshape(n, -1)
    if steady is not None:
        check_share(steady)
        z = move_to_steady(gen, z, find_steady_direction(gen), steady)
    return generate(gen, z).transpose(0, 2, 3, 1)


def save_grid(path: str | os.PathLike, images: np.ndarray, n_columns: int = 10) -> None:
    """Write images, uint8 (n, height, width, 3), as one PNG of ``n_columns`` columns."""
    save_png(Path(path), make_grid(np.asarray(images).transpose(0, 3, 1, 2), n_columns))
