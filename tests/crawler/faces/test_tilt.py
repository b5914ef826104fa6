from __future__ import annotations

import numpy as np
import pytest

from crawler.faces.tilt import TILTS, Rotation, overlap, share_inside


@pytest.mark.parametrize("degrees", TILTS)
def test_what_is_found_in_a_turned_picture_is_brought_back(degrees):
    grey = np.zeros((90, 140), np.uint8)
    grey[20:24, 100:104] = 255
    rotation = Rotation(grey.shape, degrees)
    turned = rotation.turn(grey)
    y, x = np.argwhere(turned > 100).mean(axis=0)
    box = rotation.back(np.array([x - 9.5, y - 9.5, 20, 20]))
    assert box[2:].tolist() == [20, 20]
    assert np.allclose(box[:2] + 10, (102, 22), atol=1)


def test_the_canvas_holds_every_corner():
    grey = np.full((90, 140), 7, np.uint8)
    turned = Rotation(grey.shape, 30).turn(grey)
    cosine, sine = np.cos(np.pi / 6), np.sin(np.pi / 6)
    assert turned.shape == (round(140 * sine + 90 * cosine), round(140 * cosine + 90 * sine))
    assert (turned == 7).all()  # corners repeat the edge


def test_overlap_by_hand():
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert overlap((0, 0, 10, 10), (10, 0, 10, 10)) == 0
    assert overlap((2, 3, 4, 5), (2, 3, 4, 5)) == 1


def test_share_inside_by_hand():
    assert share_inside((0, 0, 10, 10), (20, 30)) == 1
    assert share_inside((-5, 0, 10, 10), (20, 30)) == 0.5
    assert share_inside((25, 15, 10, 10), (20, 30)) == 0.25
    assert share_inside((40, 0, 10, 10), (20, 30)) == 0
