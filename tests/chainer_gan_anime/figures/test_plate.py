import numpy as np
import pytest

from chainer_gan_anime.figures.plate import MARGIN_PX, make_plate


@pytest.fixture
def grids(rng):
    return list(rng.randint(0, 256, (4, 60, 220, 3)).astype(np.uint8))


def ink(plate, top, left, width):
    return (plate[top:, left : left + width] < 200).any()


def test_every_grid_is_there_pixel_by_pixel(grids):
    plate = make_plate(grids, ["a"] * 4, ["b"] * 4)
    cell_height = (len(plate) - MARGIN_PX) // 2
    for i, grid in enumerate(grids):
        top = MARGIN_PX + (i // 2) * cell_height
        left = MARGIN_PX + (i % 2) * (220 + MARGIN_PX)
        np.testing.assert_array_equal(plate[top : top + 60, left : left + 220], grid)


def test_text_stands_under_its_grid(grids):
    plate = make_plate(grids[:2], ["SN-GAN, getchu", ""], ["350 epochs", ""])
    under = MARGIN_PX + 60
    assert ink(plate, under, MARGIN_PX, 220)
    assert not ink(plate, under, 2 * MARGIN_PX + 220, 220)


def test_a_long_caption_is_broken_and_stays_beneath_its_grid(grids):
    short = make_plate(grids[:2], ["x", ""], ["words", ""])
    long = make_plate(grids[:2], ["x", ""], ["many words " * 12, ""])
    assert len(long) > len(short)
    assert not ink(long, MARGIN_PX + 60, MARGIN_PX + 222, 220)


def test_an_odd_number_leaves_the_last_cell_white(grids):
    plate = make_plate(grids[:3], ["a"] * 3, ["b"] * 3)
    assert (plate[len(plate) // 2 + MARGIN_PX :, plate.shape[1] // 2 + MARGIN_PX :] == 255).all()
