from __future__ import annotations

import hashlib
import io

import cv2
import numpy as np
import pytest
from PIL import Image

from crawler.faces.png import encode_png


@pytest.mark.parametrize(("height", "width"), [(64, 64), (1, 1), (200, 300), (3, 21_845)])
def test_both_decoders_give_the_pixels_back(height, width):
    rgb = np.random.RandomState(0).randint(0, 256, (height, width, 3)).astype(np.uint8)
    png = encode_png(rgb)
    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        assert np.array_equal(np.asarray(image), rgb)
    bgr = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(bgr[:, :, ::-1], rgb)


def test_the_bytes_are_the_same_everywhere():
    rgb = np.arange(64 * 64 * 3, dtype=np.uint32).astype(np.uint8).reshape(64, 64, 3)
    png = encode_png(rgb)
    assert len(png) == 12_420
    assert hashlib.sha256(png).hexdigest() == (
        "7b2a22e999273a25ee37c48c2dfe7671ac0ea54e0f906aff8974d0bc3bb2b92b"
    )
