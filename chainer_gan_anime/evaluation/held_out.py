"""Real images set aside, to measure how near real images lie to other real images."""

from __future__ import annotations

import json
import os

import numpy as np

from chainer_gan_anime.data.dataset import SAMPLE_NAME, SUFFIXES, find_dataset

SPLIT_NAME = "split.json"
_SHARE = 0.1
_SEED = 0  # the choice belongs to the data, not to an evaluation


def random_rows(n: int) -> np.ndarray:
    """Return a seeded tenth of ``n`` rows, at least one."""
    size = max(1, round(n * _SHARE))
    return np.sort(np.random.RandomState(_SEED).permutation(n)[:size])


def held_out_rows(dataset: str, n: int, data_root: str | os.PathLike | None = None) -> np.ndarray:
    """Return which images of a loaded set are held out.

    A set that the crawler built has a ``split.json``, whose test side is taken: it keeps
    pictures that belong together on one side.  Any other set, or one that changed since its
    split was written, gives a seeded tenth.

    Args:
        dataset: What ``--dataset`` names.
        n: Images of the loaded set, which are in the order of their files' names.
        data_root: Where named sets lie.

    Returns:
        Sorted row numbers: at least one, and never all.
    """
    if dataset == SAMPLE_NAME:
        return random_rows(n)
    faces = find_dataset(dataset, data_root)
    try:
        split = json.loads((faces.parent / SPLIT_NAME).read_text(encoding="utf-8"))
        test = {str(identity) for identity in split["test"]}
        names = sorted(path for path in faces.iterdir() if path.suffix.lower() in SUFFIXES)
    except (OSError, ValueError, KeyError, TypeError):
        return random_rows(n)
    rows = np.array([i for i, path in enumerate(names) if path.stem in test], np.intp)
    return rows if len(names) == n and 0 < len(rows) < n else random_rows(n)
