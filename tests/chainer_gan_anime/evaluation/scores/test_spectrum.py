import numpy as np
import pytest

from chainer_gan_anime.data.drawn.faces import draw_face
from chainer_gan_anime.evaluation.scores.registry import SCORES, Sample
from chainer_gan_anime.evaluation.scores.spectrum import (
    checkerboard_share,
    colour_noise_share,
    energy_spectra,
    luma_and_chroma,
)


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.RandomState(0)
    return np.stack([draw_face(rng, 64, "white").transpose(2, 0, 1) for _ in range(12)])


def added(images, noise):
    return (images + noise).round().clip(0, 255).astype(np.uint8)


def wave(cycles, size=64):
    return np.cos(2 * np.pi * cycles * np.arange(size) / size)


def test_a_wave_counts_from_three_quarters_of_nyquist_on():
    for size, cycles in [(64, 24), (32, 12)]:
        for below, expected in [(0, 1), (1, 0)]:
            red = 100 * wave(cycles - below, size)[None, :] * np.ones((size, 1))
            image = np.stack([red, np.zeros_like(red), np.zeros_like(red)])[None]
            assert colour_noise_share(image) == pytest.approx(expected, abs=1e-12)


def test_both_directions_count_together():
    diagonal = np.outer(wave(17), wave(17))  # 17 * sqrt(2) is above 24, 16 * sqrt(2) below
    other = np.outer(wave(16), wave(16))
    images = [np.stack([x, -x, x])[None] for x in (diagonal, other)]
    assert [colour_noise_share(image) for image in images] == pytest.approx([1, 0])


def test_grey_has_no_chroma_and_colours_are_those_of_the_standard():
    grey = np.full((1, 3, 8, 8), 90)
    assert np.abs(luma_and_chroma(grey)[0, 1:]).max() < 1e-12
    assert colour_noise_share(grey) == checkerboard_share(grey) == 0.0
    red = np.array([255, 0, 0]).reshape(1, 3, 1, 1)
    np.testing.assert_allclose(luma_and_chroma(red).ravel(), [76.245, -43.03, 127.5], atol=0.01)


def test_the_energy_is_that_of_parseval(drawn):
    planes = luma_and_chroma(drawn)
    centred = planes - planes.mean(axis=(2, 3), keepdims=True)
    luma, chroma = energy_spectra(drawn)
    assert luma.sum() == pytest.approx(64**2 * (centred[:, 0] ** 2).sum())
    assert chroma.sum() == pytest.approx(64**2 * (centred[:, 1:] ** 2).sum())


def test_colour_noise_is_seen_and_grey_noise_is_not(drawn):
    rng = np.random.RandomState(1)
    coloured = added(drawn, rng.normal(0, 12, drawn.shape))
    grey = added(drawn, rng.normal(0, 12, (len(drawn), 1, 64, 64)))
    clean = colour_noise_share(drawn)
    assert colour_noise_share(coloured) > 2 * clean
    assert colour_noise_share(grey) < 1.5 * clean


def test_a_checkerboard_is_seen_and_smooth_stripes_are_not(drawn):
    i, j = np.indices((64, 64))
    clean = checkerboard_share(drawn)
    assert checkerboard_share(added(drawn, 8 * (-1) ** (i + j))) > 3 * clean
    assert checkerboard_share(added(drawn, 8 * (-1) ** i)) > 3 * clean
    assert checkerboard_share(added(drawn, 8 * np.sin(j / 3))) < 1.5 * clean


def test_the_scores_judge_the_generated_images(drawn):
    noisy = added(drawn, np.random.RandomState(1).normal(0, 12, drawn.shape))
    for name, share in [
        ("colour_noise", colour_noise_share),
        ("checkerboard", checkerboard_share),
    ]:
        assert SCORES[name].function(Sample(drawn), Sample(noisy), None) == (share(noisy),)
