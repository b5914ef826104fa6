import numpy as np
import pytest

from chainer_gan_anime.figures.neighbours import nearest_rows, neighbour_rows, realism


@pytest.fixture
def real(rng):
    return rng.normal(size=(50, 6))


@pytest.fixture
def fake(rng):
    return rng.normal(size=(20, 6)) * 1.5


def distance(x, y):
    return np.linalg.norm(x[:, None] - y, axis=2)


def test_realism_is_the_papers_formula(real, fake):
    radii = np.sort(distance(real, real), axis=1)[:, 5]  # column 0 is the row itself
    kept = radii <= np.median(radii)
    expected = [max(radii[kept] / distance(f[None], real[kept])[0]) for f in fake]
    np.testing.assert_allclose(realism(real, fake), expected, rtol=1e-6)


def test_realism_falls_with_distance_and_a_copy_is_perfect(real):
    centre = real.mean(axis=0)
    far = np.stack([centre + step for step in (0, 3, 10, 100)])
    values = realism(real, far)
    assert (np.diff(values) < 0).all()
    radii = np.sort(distance(real, real), axis=1)[:, 5]
    assert realism(real, real[[radii.argmin()]])[0] == np.inf


def test_nearest_rows_come_nearest_first(real, fake):
    expected = np.argsort(distance(fake, real), axis=1)[:, :4]
    np.testing.assert_array_equal(nearest_rows(fake, real, 4), expected)


def test_neighbour_rows_are_each_image_and_then_its_neighbours(rng, real):
    training = rng.randint(0, 256, (50, 3, 4, 4)).astype(np.uint8)
    images = rng.randint(0, 256, (2, 3, 4, 4)).astype(np.uint8)
    rows = neighbour_rows(images, training, real[[7, 3]] + 1e-3, real, 2)
    assert rows.shape == (6, 3, 4, 4) and rows.dtype == np.uint8
    np.testing.assert_array_equal(rows[[0, 3]], images)
    np.testing.assert_array_equal(rows[[1, 4]], training[[7, 3]])
