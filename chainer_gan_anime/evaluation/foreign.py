"""Images that no run of ours drew, from a folder or a zip, to be judged like a run's."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from chainer_gan_anime.data.dataset import load_faces
from crawler.shared.errors import UserError


def load_foreign(place: Path, image_size: int, n: int | None, seed: int) -> np.ndarray:
    """Load images to be judged, brought to a size as a set's are.

    Args:
        place: A folder or a zip.
        image_size: Height and width in pixels.
        n: How many; None for all.  Of more than these a seeded choice is taken.
        seed: Of that choice.

    Returns:
        (n, 3, H, W) uint8.

    Raises:
        UserError: There is no such place, or it holds fewer images or ones that cannot be read.
    """
    if not place.exists():
        raise UserError(f"--fake {place} does not exist: give a folder or a zip of images.")
    # Absolute, so that no set of the same name under the data root is taken instead; not kept
    # in the cache, as foreign images are looked at once.
    images = load_faces(str(place.absolute()), image_size, cache=False).images
    if n is None or n == len(images):
        return images
    if n > len(images):
        raise UserError(
            f"--fake {place} holds {len(images)} images: pass --n {len(images)} or less, or "
            "leave --n out to judge all of them."
        )
    return images[np.sort(np.random.RandomState(seed).permutation(len(images))[:n])]
