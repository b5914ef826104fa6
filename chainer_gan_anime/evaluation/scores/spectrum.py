"""Pixel noise that the eye sees at once and features may overlook: colour specks and grids."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.evaluation.scores.registry import Sample, Value, register

HIGH = 0.75  # of the Nyquist frequency: from 24 of 32 cycles on at 64 pixels
_BATCH = 200
_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def luma_and_chroma(images: np.ndarray) -> np.ndarray:
    """Return Y, Cb and Cr of RGB images (N, 3, H, W), float64 of the same shape."""
    red, green, blue = np.moveaxis(np.asarray(images, np.float64), 1, 0)
    luma = _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue
    blueness, redness = (blue - luma) / (2 - 2 * _LUMA[2]), (red - luma) / (2 - 2 * _LUMA[0])
    return np.stack([luma, blueness, redness], axis=1)


def energy_spectra(images: np.ndarray) -> np.ndarray:
    """Return the summed energy of luma and of chroma at each frequency but 0, (2, H, W)."""
    total = np.zeros((2, *images.shape[2:]))
    for start in range(0, len(images), _BATCH):
        spectrum = np.fft.fft2(luma_and_chroma(images[start : start + _BATCH]))
        energy = (np.abs(spectrum) ** 2).sum(axis=0)
        total += energy[0], energy[1:].sum(axis=0)
    total[:, 0, 0] = 0
    return total


def _cycles(size: int) -> np.ndarray:
    """Return the cycles over an axis that each entry of its spectrum stands for."""
    return np.abs(np.fft.fftfreq(size, 1 / size))


def _share(energy: np.ndarray, chosen: np.ndarray) -> float:
    whole = energy.sum()
    return float(energy[chosen].sum() / whole) if whole > 0 else 0.0


def colour_noise_share(images: np.ndarray) -> float:
    """Return the share of the chroma's energy from three quarters of the Nyquist frequency on.

    Args:
        images: (N, 3, H, W) uint8; frequencies are distances from 0 in both directions
            together, in shares of the Nyquist frequency.
    """
    _, chroma = energy_spectra(images)
    height, width = (_cycles(size) / (size / 2) for size in images.shape[2:])
    return _share(chroma, np.hypot(height[:, None], width) >= HIGH)


def checkerboard_share(images: np.ndarray) -> float:
    """Return the share of the luma's energy on the Nyquist lines: what changes every pixel."""
    luma, _ = energy_spectra(images)
    height, width = (_cycles(size) == size // 2 for size in images.shape[2:])
    return _share(luma, height[:, None] | width)


@register(
    Value("colour_noise", "Colour noise", None, "share of chroma energy at the finest detail")
)
def colour_noise(real: Sample, fake: Sample, random: np.random.RandomState) -> tuple[float]:
    """Colour that changes from pixel to pixel; wants to be as in real images."""
    return (colour_noise_share(fake.images),)


@register(
    Value("checkerboard", "Checkerboard", None, "share of luma energy that changes every pixel")
)
def checkerboard(real: Sample, fake: Sample, random: np.random.RandomState) -> tuple[float]:
    """Grids of single pixels, which deconvolutions leave; wants to be as in real images."""
    return (checkerboard_share(fake.images),)
