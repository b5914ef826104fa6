import chainer
import numpy as np
import pytest

from chainer_gan_anime.common.augment import (
    Augmentation,
    colour_factors,
    corners,
    offsets,
)
from chainer_gan_anime.common.transformations import Recolour
from chainer_gan_anime.common.workers import Workers

YES = np.ones(4, bool)


@pytest.fixture
def x(rng):
    return rng.uniform(-1, 1, (4, 3, 16, 16)).astype("f")


def test_the_colours_are_brightness_saturation_and_contrast_in_turn(x, rng):
    u = rng.uniform(size=(3, 4))
    factors = [f.reshape(-1, 1, 1, 1) for f in colour_factors(*u, YES)]
    (seen,) = Recolour(*factors).apply((x,))
    brightness, saturation, contrast = u.reshape(3, 4, 1, 1, 1)
    y = x + (brightness - 0.5)
    mean = y.mean(axis=1, keepdims=True)
    y = (y - mean) * (saturation * 2) + mean
    mean = y.mean(axis=(1, 2, 3), keepdims=True)
    y = (y - mean) * (contrast + 0.5) + mean
    np.testing.assert_allclose(seen.array, y, rtol=1e-4, atol=1e-5)


def test_offsets_reach_an_eighth_and_squares_are_centred_in_the_image():
    u = np.linspace(0, 1, 1000, endpoint=False)
    yes = np.ones(1000, bool)
    values, counts = np.unique(offsets(u, 64, yes), return_counts=True)
    assert values.tolist() == list(range(-8, 9)) and np.ptp(counts) <= 1
    centres = corners(u, 64, 32, yes) + 16
    assert (centres.min(), centres.max()) == (0, 64)
    assert (offsets(u, 64, ~yes) == 0).all() and (corners(u, 64, 32, ~yes) == 64).all()


def test_what_is_not_applied_leaves_the_image(x, rng):
    augmentation = Augmentation("color,translation,cutout", rng)
    assert not np.array_equal(augmentation(x), x)
    augmentation.strength = 0.0
    np.testing.assert_array_equal(augmentation(x), x)


def test_each_image_has_draws_of_its_own_from_the_stream(x):
    same = np.repeat(x[:1], 4, axis=0)
    seen = Augmentation("color", np.random.RandomState(3))(same)
    assert len({image.tobytes() for image in seen}) == 4
    again = Augmentation("color", np.random.RandomState(3))
    np.testing.assert_array_equal(again(same), seen)
    assert not np.array_equal(again(same), seen)


def test_arrays_and_variables_go_the_same_way(x):
    array = Augmentation("color,translation", np.random.RandomState(3))(x)
    variable = Augmentation("color,translation", np.random.RandomState(3))(chainer.Variable(x))
    assert isinstance(array, np.ndarray)
    np.testing.assert_array_equal(variable.array, array)


def test_two_workers_transform_what_one_would(x):
    class Second(Workers):
        rank, size = 1, 2

    alone = Augmentation("color,cutout", np.random.RandomState(3))(x)
    share = Augmentation("color,cutout", np.random.RandomState(3), workers=Second())(x[2:])
    np.testing.assert_allclose(share, alone[2:], rtol=1e-6)


def test_the_strength_follows_the_signs_of_d(rng):
    augmentation = Augmentation("color", rng, target=0.6)
    assert augmentation.strength == 0
    right, torn = np.ones((50, 1), "f"), np.array([[1.0], [-1.0]] * 25, "f")
    for _ in range(3):
        assert augmentation.adapt(right) == {"augment_strength": 0.0}
    assert augmentation.adapt(right)["augment_strength"] == pytest.approx(4 * 50 / 500_000)
    for _ in range(4):
        augmentation.adapt(right)
    for _ in range(4):
        augmentation.adapt(torn)
    assert augmentation.strength == pytest.approx(4 * 50 / 500_000)
    assert Augmentation("color", rng).adapt(right) == {}
