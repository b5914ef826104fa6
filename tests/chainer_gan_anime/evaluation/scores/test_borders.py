import numpy as np
import pytest

from chainer_gan_anime.evaluation.scores.borders import (
    border,
    border_mask,
    kid_borderless,
    prdc_borderless,
    without_border,
)
from chainer_gan_anime.evaluation.scores.registry import Sample


def test_the_ring_is_4_pixels_of_64():
    mask = border_mask(64, 64)
    assert mask.sum() == 64 * 64 - 56 * 56
    assert mask[3, 30] and mask[30, 60] and not mask[4, 30] and not mask[30, 59]


def test_measures_look_at_the_ring_only():
    images = np.full((2, 3, 64, 64), 255, np.uint8)
    images[:, :, 4:-4, 4:-4] = np.random.RandomState(0).randint(0, 256, (2, 3, 56, 56))
    assert border(None, Sample(images), None) == (1.0, 0.0, 1.0)
    images[0, :, border_mask(64, 64)] = 0
    assert border(None, Sample(images), None) == (0.5, 0.0, 0.5)


def test_variance_is_within_an_image_and_channel():
    images = np.zeros((1, 3, 64, 64), np.uint8)
    images[:, :, :, :32] = 255  # half of the ring
    mean, variance, near_white = border(None, Sample(images), None)
    assert (mean, variance, near_white) == pytest.approx((0.5, 0.25, 0.5))
    images[:, 1:] = 0  # red is not white
    assert border(None, Sample(images), None)[2] == 0


def test_painting_over_hides_the_border_and_nothing_else():
    images = np.random.RandomState(1).randint(0, 256, (3, 3, 32, 32)).astype(np.uint8)
    painted = without_border(images)
    assert (painted[:, :, border_mask(32, 32)] == 128).all()
    np.testing.assert_array_equal(painted[:, :, 2:-2, 2:-2], images[:, :, 2:-2, 2:-2])
    assert not (images == painted).all()  # the input is left alone


def test_borderless_scores_read_the_borderless_features():
    random = np.random.RandomState(2)
    images, features = np.zeros((40, 3, 8, 8), np.uint8), random.randn(40, 4)
    real = Sample(images, random.randn(40, 4), features)
    fake = Sample(images, random.randn(40, 4) + 100, features)
    assert kid_borderless(real, fake, random)[0] < 0.5
    assert prdc_borderless(real, fake, random)[3] == 1
