"""White grounds: found by filling inwards from the border, and painted in other colours."""

from __future__ import annotations

import cv2
import numpy as np

from chainer_gan_anime.evaluation.scores.borders import NEAR_WHITE, border_mask


def ground_mask(image: np.ndarray) -> np.ndarray:
    """Return where the near-white ground of an image is.

    Near-white pixels that are joined to the image's edge: the white of an eye is none of it.
    One pixel more is taken all around, which holds the ground's blend with the outline.

    Args:
        image: (3, H, W) uint8.

    Returns:
        (H, W) bool.
    """
    white = (image >= NEAR_WHITE).all(axis=0).astype(np.uint8)
    _, labels = cv2.connectedComponents(white, connectivity=4)
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    ground = np.isin(labels, edges[edges > 0])
    return cv2.dilate(ground.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


def border_colours(images: np.ndarray) -> np.ndarray:
    """Return the median colour of the border ring of each image, (N, 3) uint8."""
    ring = images[:, :, border_mask(*images.shape[2:])]
    return np.median(ring, axis=2).astype(np.uint8)


def with_coloured_grounds(
    images: np.ndarray, colours: np.ndarray, rng: np.random.RandomState
) -> np.ndarray:
    """Paint the white ground of each image in a colour drawn from ``colours``.

    The colour is multiplied in, as a filter before a lamp, so that outlines keep their
    smoothness.

    Args:
        images: (N, 3, H, W) uint8, with near-white grounds.
        colours: (M, 3) uint8.
        rng: Which colour goes where.

    Returns:
        A new array of the shape of ``images``.
    """
    painted = images.copy()
    picks = colours[rng.randint(len(colours), size=len(images))]
    for image, colour in zip(painted, picks):
        mask = ground_mask(image)
        image[:, mask] = (image[:, mask] * (colour[:, None] / 255)).round().astype(np.uint8)
    return painted
