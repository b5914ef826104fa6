import numpy as np
import pytest
import scipy.stats

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.sampling import draw_latents
from chainer_gan_anime.common.truncation import check_truncation, describe_truncation
from crawler.shared.errors import UserError


@pytest.fixture(params=["uniform", "normal"])
def gen(request, make_settings):
    return registry.make_generator(make_settings(z_distribution=request.param))


def test_normal_latents_are_drawn_anew_and_uniform_ones_scaled(gen):
    plain, cut = draw_latents(gen, 200, 3), draw_latents(gen, 200, 3, truncation=0.7)
    assert np.abs(cut).max() <= 0.7 and cut.shape == plain.shape and cut.dtype == np.float32
    if gen.z_distribution == "uniform":
        np.testing.assert_array_equal(cut, plain * np.float32(0.7))
        assert "U(-0.7, 0.7)" in describe_truncation(gen, 0.7)
        return
    within = np.abs(plain) <= 0.7
    np.testing.assert_array_equal(cut[within], plain[within])
    assert "beyond 0.7 drawn anew" in describe_truncation(gen, 0.7)
    # 20,000 numbers, as SciPy's truncated normal distribution has them.
    assert scipy.stats.kstest(cut.ravel(), scipy.stats.truncnorm(-0.7, 0.7).cdf).pvalue > 0.01


def test_a_threshold_that_cuts_nothing_changes_nothing(gen):
    threshold = 1 if gen.z_distribution == "uniform" else 99
    plain = draw_latents(gen, 20, 3)
    np.testing.assert_array_equal(draw_latents(gen, 20, 3, truncation=threshold), plain)


def test_tags_are_not_truncated(make_settings, tagged_faces):
    settings = make_settings("acgan", z_distribution="normal")
    gen = registry.make_generator(settings, tagged_faces.vocabulary)
    z = draw_latents(gen, 50, 3, ["red_hair"], truncation=0.5)
    plain = draw_latents(gen, 50, 3, ["red_hair"])
    assert np.abs(z[:, : gen.n_hidden]).max() <= 0.5 < np.abs(plain[:, : gen.n_hidden]).max()
    np.testing.assert_array_equal(z[:, gen.n_hidden :], plain[:, gen.n_hidden :])


def test_what_is_out_of_range(gen):
    check_truncation(gen, 0.02)
    for threshold in (0, 0.019, -1, float("nan")):
        with pytest.raises(UserError, match="is out of range"):
            check_truncation(gen, threshold)
    if gen.z_distribution == "uniform":
        check_truncation(gen, 1)
        with pytest.raises(UserError, match="take from 0.02 to 1"):
            check_truncation(gen, 1.1)
