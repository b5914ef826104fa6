import numpy as np
import pytest

from chainer_gan_anime.figures.interpolation import PATHS, lerp, slerp, walk

T = np.linspace(0, 1, 5)


@pytest.mark.parametrize("path", PATHS.values())
def test_paths_lead_from_one_end_to_the_other(path, rng):
    a, b = rng.normal(size=(2, 50)).astype("f")
    points = path(a, b, T)
    assert points.shape == (5, 50) and points.dtype == np.float32
    np.testing.assert_allclose(points[[0, -1]], [a, b], rtol=1e-5, atol=1e-6)


def test_slerp_keeps_to_the_circle_at_even_angles():
    points = slerp(np.array([2.0, 0]), np.array([0, 2.0]), T)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 2, rtol=1e-6)
    angles = np.degrees(np.arctan2(points[:, 1], points[:, 0]))
    np.testing.assert_allclose(angles, [0, 22.5, 45, 67.5, 90], atol=1e-4)


def test_lerp_cuts_through():
    np.testing.assert_allclose(lerp(np.array([2.0, 0]), np.array([0, 2.0]), T)[2], [1, 1])


@pytest.mark.parametrize("b", [[1.0, 1.0], [-1.0, -1.0]])
def test_slerp_of_parallel_latents_is_finite(b):
    assert np.isfinite(slerp(np.array([1.0, 1.0]), np.array(b), T)).all()


def test_a_walk_is_closed(rng):
    stops = rng.normal(size=(3, 8))
    points = walk(stops, 4)
    assert points.shape == (12, 8)
    np.testing.assert_allclose(points[::4], stops, rtol=1e-5, atol=1e-6)
    leg = slerp(stops[2], stops[0], np.arange(5) / 4)
    np.testing.assert_allclose(points[8:], leg[:4], rtol=1e-5, atol=1e-6)
