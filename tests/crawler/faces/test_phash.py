from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from crawler.faces.phash import perceptual_hash


def face(seed=0):
    from chainer_gan_anime.data.drawn import draw_faces

    return np.ascontiguousarray(draw_faces(1, seed, 64)[0].transpose(1, 2, 0))


def test_it_is_the_textbooks_hash():
    fft = pytest.importorskip("scipy.fft", reason="scipy is missing")
    rgb = face()
    grey = np.rint(rgb @ np.array([0.299, 0.587, 0.114]))
    small = grey.reshape(32, 2, 32, 2).mean(axis=(1, 3))
    terms = fft.dctn(small, norm="ortho")[:8, :8].ravel()
    bits = "".join(str(int(bit)) for bit in terms > np.median(terms[1:]))
    assert bin(perceptual_hash(rgb) ^ int(bits, 2)).count("1") <= 2  # rounding of the grey


def test_a_copy_is_near_and_another_face_is_far():
    rgb = face()
    buffer = io.BytesIO()
    Image.fromarray(rgb).resize((50, 50)).save(buffer, "JPEG", quality=70)
    copy = np.asarray(Image.open(buffer).resize((64, 64)))
    assert bin(perceptual_hash(rgb) ^ perceptual_hash(copy)).count("1") <= 4
    others = [perceptual_hash(face(seed)) for seed in range(1, 9)]
    assert min(bin(perceptual_hash(rgb) ^ other).count("1") for other in others) > 4
    assert all(other < 2**64 for other in others)
