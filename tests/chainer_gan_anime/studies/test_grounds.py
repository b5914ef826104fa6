import numpy as np
import pytest

from chainer_gan_anime.studies.grounds import (
    border_colours,
    ground_mask,
    with_coloured_grounds,
)


@pytest.fixture
def disc():
    """A dark disc on white with a white eye in it, 3x32x32."""
    y, x = np.mgrid[:32, :32] - 15.5
    radius = np.hypot(y, x)
    image = np.full((3, 32, 32), 255, np.uint8)
    image[:, radius < 10] = 60
    image[:, radius < 3] = 255
    return image


def test_the_ground_is_what_the_edge_reaches(disc):
    mask = ground_mask(disc)
    assert mask[0, 0] and mask[16, 0] and not mask[16, 16]  # the eye is white, but inside
    radius = np.hypot(*(np.mgrid[:32, :32] - 15.5))
    assert mask[radius >= 10].all() and not mask[radius < 8].any()  # a pixel of blend at most


def test_an_image_without_white_edges_has_no_ground(rng):
    assert not ground_mask(rng.randint(0, 200, (3, 16, 16)).astype(np.uint8)).any()


def test_colours_come_from_the_border():
    images = np.full((2, 3, 32, 32), 9, np.uint8)
    images[0, :, :2], images[0, :, -2:] = 70, 70
    images[0, :, :, :2], images[0, :, :, -2:] = 70, 70
    assert border_colours(images).tolist() == [[70] * 3, [9] * 3]


def test_grounds_are_painted_and_faces_are_not(disc, rng):
    images = np.stack([disc, disc, disc])
    colours = np.array([[200, 10, 30], [0, 90, 250]], np.uint8)
    painted = with_coloured_grounds(images, colours, np.random.RandomState(3))
    again = with_coloured_grounds(images, colours, np.random.RandomState(3))
    assert (painted == again).all() and (images == disc).all()
    picked = {tuple(image[:, 0, 0]) for image in painted}
    assert picked == {tuple(c) for c in colours}
    inside = np.hypot(*(np.mgrid[:32, :32] - 15.5)) < 8
    assert (painted[:, :, inside] == images[:, :, inside]).all()
