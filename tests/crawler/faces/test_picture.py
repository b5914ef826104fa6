from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from crawler.faces.picture import DecodedPicture, UnusablePicture

QUARTERS = np.zeros((120, 200, 3), np.uint8)
QUARTERS[:60, :100] = (255, 0, 0)
QUARTERS[60:, 100:] = (0, 0, 255)


def test_exif_turns_the_picture(encode):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees
    picture = DecodedPicture(encode(QUARTERS, "JPEG", exif=exif, quality=95), 10**6)
    assert (picture.width, picture.height) == (120, 200)
    assert picture.rgb().shape == (200, 120, 3)
    # The red quarter, at the top left, comes to the top right.
    assert picture.rgb()[20, 100, 0] > 200 > 50 > picture.rgb()[20, 20, 0]
    assert picture.grey(100).shape == (100, 60)


@pytest.mark.parametrize("long_side", [400, 200, 100, 63])
def test_a_reduced_jpeg_is_the_full_one_shrunk(encode, standing, long_side):
    rgb = standing[0][0][:, :, :3]
    grey = DecodedPicture(encode(rgb, "JPEG", quality=95), 10**6).grey(long_side)
    full = Image.fromarray(rgb).convert("L").resize(grey.shape[::-1], Image.Resampling.BOX)
    assert max(grey.shape) == long_side
    assert np.abs(grey.astype(int) - np.asarray(full)).mean() < 4


def test_transparent_parts_are_grey_to_search_and_white_to_cut(encode):
    rgba = np.zeros((20, 30, 4), np.uint8)
    rgba[5:15, 5:15] = (10, 20, 30, 255)
    rgba[0, 0] = (0, 0, 0, 128)
    picture = DecodedPicture(encode(rgba), 10**6)
    assert picture.grey(100)[1, 1] == 200
    assert tuple(picture.rgb()[1, 1]) == (255, 255, 255)
    assert tuple(picture.rgb()[7, 7]) == (10, 20, 30)
    assert abs(int(picture.rgb()[0, 0, 0]) - 127) <= 1


def test_a_palette_with_transparency_is_composed(encode):
    rgba = np.zeros((20, 20, 4), np.uint8)
    rgba[:10] = (200, 10, 10, 255)
    picture = DecodedPicture(encode(rgba[:10], "GIF"), 10**6)
    assert picture.rgb()[0, 0, 0] > 150
    palette = Image.fromarray(rgba).quantize(8)
    buffer = io.BytesIO()
    palette.save(buffer, "PNG")
    assert tuple(DecodedPicture(buffer.getvalue(), 10**6).rgb()[15, 3]) == (255, 255, 255)


def test_sixteen_bits_and_cmyk_are_read(encode):
    grey = np.full((10, 10), 200 * 256, np.uint16)
    assert abs(int(DecodedPicture(encode(grey), 10**6).rgb()[0, 0, 0]) - 200) <= 1
    cmyk = np.asarray(Image.fromarray(QUARTERS).convert("CMYK"))
    buffer = io.BytesIO()
    Image.fromarray(cmyk, "CMYK").save(buffer, "JPEG", quality=95)
    assert DecodedPicture(buffer.getvalue(), 10**6).rgb()[10, 10, 0] > 200


def test_the_cap_holds_before_anything_is_decoded(encode, monkeypatch):
    data = encode(np.zeros((100, 100, 3), np.uint8))
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(UnusablePicture, match="too_many_pixels"):
        DecodedPicture(data, 9_999)


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"\x89PNG\r\n\x1a\n1234"])
def test_what_is_no_picture_is_unreadable(data):
    with pytest.raises(UnusablePicture, match="unreadable"):
        DecodedPicture(data, 10**6)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_half_a_picture_is_unreadable(encode, standing, kind):
    data = encode(standing[0][0][:, :, :3], kind)
    with pytest.raises(UnusablePicture, match="unreadable"):
        DecodedPicture(data[: len(data) // 2], 10**6).grey(100)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_order_of_asking_changes_nothing(encode, standing, kind):
    rgba = standing[0][0] if kind == "PNG" else standing[0][0][:, :, :3]
    one, other = (DecodedPicture(encode(rgba, kind), 10**6) for _ in range(2))
    grey, rgb = one.grey(100), one.rgb()
    assert np.array_equal(other.rgb(), rgb)
    assert np.array_equal(other.grey(100), grey)
