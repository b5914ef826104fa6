"""Noise of the size of a batch, drawn where the batch lies."""

from __future__ import annotations

import numpy as np
from chainer import backend
from chainer.backends import cuda

from chainer_gan_anime.common.workers import ALONE, Workers


def draw_uniform(rng: np.random.RandomState, like, workers: Workers = ALONE):
    """Draw U[0, 1), float32, of the shape and on the device of the array ``like``.

    On the host the numbers come from ``rng`` itself.  On a device drawing them on the host
    would send as many bytes as the images have, and CuPy's own generators cannot save their
    state; there ``rng`` gives one 63-bit seed, and each element is a hash of seed and position
    (splitmix64), so that a resumed run draws the same numbers.

    Args:
        rng: Stream, moved on.
        like: float32 array of NumPy or CuPy; each worker's share of a batch.
        workers: All draw the noise of the whole batch, and each takes its share.
    """
    if backend.get_array_module(like) is np:
        # The same numbers as uniform(0, 1) gives, in less time.
        noise = rng.random_sample((workers.size * len(like), *like.shape[1:]))
        result = np.empty_like(like)  # in its memory order
        result[...] = workers.share(noise)
        return result
    seed = int(rng.randint(0, 2**63, dtype=np.int64))
    kernel = cuda.elementwise(
        "T like, int64 seed, int64 first",
        "float32 noise",
        """
        unsigned long long h = seed + 0x9E3779B97F4A7C15ULL * (first + i + 1);
        h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9ULL;
        h = (h ^ (h >> 27)) * 0x94D049BB133111EBULL;
        h ^= h >> 31;
        noise = (h >> 40) * (1.0f / 16777216.0f);
        """,
        "hash_uniform",
    )
    return kernel(like, seed, workers.rank * like.size)


def draw_mix(rng: np.random.RandomState, x, workers: Workers = ALONE):
    """Draw U[0, 1), float32 (B, 1, 1, 1): one number for each image of ``x`` (B, C, H, W)."""
    return draw_uniform(rng, x[:, :1, :1, :1], workers)


def draw_normal(rng: np.random.RandomState, like, workers: Workers = ALONE):
    """Draw N(0, 1), float32, of the shape and on the device of the array ``like``.

    On the host the numbers come from ``rng`` itself; on a device they are made of two uniform
    ones each by Box and Muller's formula (see :func:`draw_uniform`).
    """
    if backend.get_array_module(like) is np:
        noise = rng.normal(size=(workers.size * len(like), *like.shape[1:]))
        return workers.share(noise).astype(np.float32)
    xp = backend.get_array_module(like)
    radius = xp.sqrt(-2 * xp.log(1 - draw_uniform(rng, like, workers)))  # of (0, 1]
    return radius * xp.cos(np.float32(2 * np.pi) * draw_uniform(rng, like, workers))
