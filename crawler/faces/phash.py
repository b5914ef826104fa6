"""A 64-bit perceptual hash: near pictures have near hashes (Hamming distance)."""

from __future__ import annotations

import cv2
import numpy as np

_SIDE, _LOW = 32, 8


def _cosines() -> np.ndarray:
    """The lowest rows of the orthonormal DCT-II matrix, float64 (_LOW, _SIDE)."""
    k, n = np.arange(_LOW)[:, None], np.arange(_SIDE)[None]
    rows = np.cos(np.pi * k * (2 * n + 1) / (2 * _SIDE)) * np.sqrt(2 / _SIDE)
    rows[0] /= np.sqrt(2)
    return rows


_DCT = _cosines()


def perceptual_hash(face: np.ndarray) -> int:
    """The hash of an RGB picture, uint8 (h, w, 3): 64 bits, the DC term's the highest.

    The grey picture is shrunk to 32x32; bit by bit, each of the 8x8 lowest terms of its
    discrete cosine transform is compared with their median (Zauner, 2010; the DC term is
    left out of the median).
    """
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float64)
    terms = (_DCT @ small @ _DCT.T).ravel()
    bits = terms > np.median(terms[1:])
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
