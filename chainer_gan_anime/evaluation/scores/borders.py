"""What surrounds the faces: the article's question whether the background matters."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.evaluation.scores.kid import kernel_distance
from chainer_gan_anime.evaluation.scores.prdc import NEIGHBOURS, precision_recall_density_coverage
from chainer_gan_anime.evaluation.scores.registry import Sample, Value, register

NEAR_WHITE = 240  # of 255, in every channel
_GREY = 128


def border_mask(height: int, width: int) -> np.ndarray:
    """Return the (height, width) mask of the outer ring: 4 pixels of 64."""
    ring = max(1, min(height, width) // 16)
    mask = np.ones((height, width), bool)
    mask[ring:-ring, ring:-ring] = False
    return mask


def without_border(images: np.ndarray) -> np.ndarray:
    """Return a copy of uint8 images (N, 3, H, W) with the border ring painted grey."""
    images = images.copy()
    images[:, :, border_mask(*images.shape[2:])] = _GREY
    return images


@register(
    Value("border_mean", "Border, brightness", None, "mean of the outer ring, 0 to 1"),
    Value("border_variance", "Border, variance", None, "within an image's outer ring"),
    Value("border_near_white", "Border, white", None, "share of the ring's pixels above 240"),
)
def border(
    real: Sample, fake: Sample, random: np.random.RandomState
) -> tuple[float, float, float]:
    """Brightness, variance within an image, and share of near-white pixels of the ring.

    Brightness and variance are of pixels in 0..1; all three are means over the images and
    want to be as they are in real ones.
    """
    ring = fake.images[:, :, border_mask(*fake.images.shape[2:])]  # (N, 3, pixels)
    pixels = ring.astype(np.float32) / 255
    return (
        float(pixels.mean(dtype=np.float64)),
        float(pixels.var(axis=2, dtype=np.float64).mean()),
        float((ring >= NEAR_WHITE).all(axis=1).mean()),
    )


@register(
    Value("kid_borderless", "KID without border", "low", "the outer ring painted over"),
    Value("kid_borderless_std", "KID without border, spread", None, "over the subsets"),
    needs="borderless_features",
)
def kid_borderless(
    real: Sample, fake: Sample, random: np.random.RandomState
) -> tuple[float, float | None]:
    """KID with the border painted over on both sides: the faces alone."""
    return kernel_distance(real.borderless_features, fake.borderless_features, random)


@register(
    *(
        Value(
            f"{name}_borderless", f"{label} without border", "high", "the outer ring painted over"
        )
        for name, label in [
            ("precision", "Precision"),
            ("recall", "Recall"),
            ("density", "Density"),
            ("coverage", "Coverage"),
        ]
    ),
    needs="borderless_features",
    min_n=NEIGHBOURS + 1,
)
def prdc_borderless(
    real: Sample, fake: Sample, random: np.random.RandomState
) -> tuple[float, float, float, float]:
    """Precision, recall, density and coverage with the border painted over on both sides."""
    return precision_recall_density_coverage(real.borderless_features, fake.borderless_features)
