from __future__ import annotations

import numpy as np
import pytest

from crawler.faces.crop import cut_square, stands_on_white
from crawler.faces.settings import PROFILES, Profile

TIGHT = Profile(1.0, 0.0)


def noise(height, width):
    return np.random.RandomState(0).randint(0, 200, (height, width, 3)).astype(np.uint8)


def test_tight_is_the_box_pixel_by_pixel():
    rgb = noise(100, 120)
    crop = cut_square(rgb, (30, 20, 64, 64), TIGHT, 64)
    assert np.array_equal(crop.face, rgb[20:84, 30:94])
    assert (crop.side, crop.border_share) == (64, 0)


def test_shrinking_takes_the_mean_of_what_it_covers():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = cut_square(stripes, (0, 0, 256, 256), TIGHT, 64)
    assert np.abs(crop.face[8:-8, 8:-8].astype(int) - 127).max() <= 2


def test_wide_lies_around_and_above_the_box():
    rgb = np.full((400, 400, 3), 100, np.uint8)
    rgb[150:250, 150:250] = 200
    face = cut_square(rgb, (150, 150, 100, 100), PROFILES["wide"], 150).face
    rows = np.flatnonzero(face[:, 75, 0] > 150)
    columns = np.flatnonzero(face[75, :, 0] > 150)
    assert (columns[0], columns[-1]) == (25, 124)  # 1.5 times as wide as the box
    assert (rows[0], rows[-1]) == (33, 132)  # more above it than below


def test_white_goes_on_in_white_without_loss():
    rgb = np.full((200, 200, 3), 255, np.uint8)
    rgb[40:120, 60:140] = 90
    assert stands_on_white(rgb)
    crop = cut_square(rgb, (60, 10, 80, 80), Profile(2.0, 0.0), 64)
    assert crop.border_share == 0
    assert (crop.face[:8] == 255).all()


def test_a_head_cut_off_by_the_edge_counts_as_lost_on_white_too():
    rgb = np.full((200, 200, 3), 255, np.uint8)
    rgb[:120, 60:140] = 90
    assert stands_on_white(rgb)
    crop = cut_square(rgb, (60, 0, 80, 80), Profile(1.5, 0.0), 64)
    assert crop.border_share == pytest.approx(20 / 120)
    assert (crop.face[:6] == 255).all()


def test_elsewhere_the_border_is_mirrored_and_counted():
    rgb = noise(100, 100)
    assert not stands_on_white(rgb)
    crop = cut_square(rgb, (-10, -10, 50, 50), TIGHT, 50)
    assert np.array_equal(crop.face[10:, 10:], rgb[:40, :40])
    assert np.array_equal(crop.face[:10, 10:], rgb[:10, :40][::-1])
    assert crop.border_share == pytest.approx(1 - 0.8 * 0.8)


def test_the_longer_side_counts():
    rgb = noise(100, 100)
    crop = cut_square(rgb, (40, 20, 20, 60), TIGHT, 60)
    assert np.array_equal(crop.face, rgb[20:80, 20:80])


def test_a_box_outside_is_a_bug():
    with pytest.raises(ValueError, match="outside"):
        cut_square(noise(10, 10), (20, 20, 5, 5), TIGHT, 8)
