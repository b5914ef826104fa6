import chainer
import numpy as np
import pytest
import scipy.stats

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.narrowing import narrow_to_steady, upper_moments
from chainer_gan_anime.common.standing import standing_statistics
from chainer_gan_anime.common.steadiness import find_steady_direction, spread

CASES = [
    ("sngan", "A", "normal"),
    ("sngan", "B", "uniform"),
    pytest.param("dragan", "srresnet", "normal", marks=pytest.mark.slow),
    ("began", "A", "uniform"),
    ("acgan", "A", "normal"),
]


def build(make_settings, algorithm, variant, distribution, faces, rng):
    image_size = 32 if variant == "srresnet" else 16  # SRResNet's least is 32
    settings = make_settings(
        algorithm, variant=variant, image_size=image_size, z_distribution=distribution
    )
    gen = registry.make_generator(settings, faces.vocabulary)
    for param in gen.params():  # nothing is 0 or 1
        param.array[...] += rng.normal(0, 0.1, param.shape)
    return gen


def draw(gen, z, train=False):
    with chainer.using_config("train", train), chainer.no_backprop_mode():
        return gen(z).array


@pytest.mark.parametrize("algorithm, variant, distribution", CASES)
def test_plain_latents_draw_what_moved_ones_drew(
    make_settings, tagged_faces, rng, algorithm, variant, distribution
):
    gen = build(make_settings, algorithm, variant, distribution, tagged_faces, rng)
    before = standing_statistics(gen, np.random.RandomState(0))
    direction = find_steady_direction(before, 0)
    narrow_to_steady(gen, 0.3)
    z = gen.make_hidden(1000, rng).reshape(1000, -1)
    latents = z[:, : gen.n_hidden]
    moved = z.copy()
    mean, deviation = scipy.stats.truncnorm(scipy.stats.norm.isf(0.3), np.inf).stats("mv")
    mean, deviation = mean * spread(gen), deviation**0.5
    moved[:, : gen.n_hidden] += np.outer(mean + (deviation - 1) * (latents @ direction), direction)
    expected = draw(before, moved)
    np.testing.assert_allclose(draw(gen, z), expected, atol=1e-4)
    assert np.abs(draw(before, z) - expected).max() > 0.01
    # As training sees it: by the statistics of the batch.
    assert np.abs(draw(gen, z, train=True) - expected).mean() < 0.1 * expected.std()


def test_the_whole_share_changes_no_image(make_settings, tagged_faces, rng):
    gen = build(make_settings, "sngan", "A", "normal", tagged_faces, rng)
    z = gen.make_hidden(500, rng)
    expected = draw(gen, z, train=True)
    narrow_to_steady(gen, 1)
    assert np.abs(draw(gen, z, train=True) - expected).mean() < 0.05 * expected.std()


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_moments_are_those_of_a_truncated_normal(share):
    known = scipy.stats.truncnorm(scipy.stats.norm.isf(share), np.inf)
    assert upper_moments(share) == pytest.approx((known.mean(), known.std()), rel=1e-6)
    assert upper_moments(1) == (0, 1)
