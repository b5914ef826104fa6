"""Keeps the features of reference images on disk, found by content."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from pathlib import Path

import numpy as np

from chainer_gan_anime.data.dataset import cache_folder
from chainer_gan_anime.evaluation.networks.features import Extractor, extract
from crawler.shared.files import remove_leftovers, replacing


def cached_features(
    images: np.ndarray,
    extractor: Extractor,
    what: str = "features",
    folder: Path | None = None,
) -> np.ndarray:
    """Return the features of ``images``, computing them only the first time.

    The key is a hash of the pixels, their shape and the extractor's identity, so neither a
    renamed folder nor changed weights can give wrong features.  A cache that cannot be read
    or written costs time, never the result.

    Args:
        images: (N, 3, H, W) uint8, RGB.
        extractor: The network.
        what: Label of the progress bar.
        folder: Where features lie; None for the user's cache folder.

    Returns:
        (N, dim) float32.
    """
    digest = hashlib.sha256(f"{extractor.identity} {images.shape}".encode())
    digest.update(np.ascontiguousarray(images))
    path = (folder or cache_folder() / "features") / f"{digest.hexdigest()[:40]}.npz"
    with (
        contextlib.suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile),
        np.load(path, allow_pickle=False) as file,
    ):
        features = file["features"]
        if features.dtype == np.float32 and features.ndim == 2 and len(features) == len(images):
            return features
    features = extract(images, extractor, what)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent)
        with replacing(path) as file:
            np.savez(file, features=features)
    return features
