import numpy as np
import pytest

from chainer_gan_anime.evaluation.scores.ms_ssim import ms_ssim, multi_scale_ssim
from chainer_gan_anime.evaluation.scores.registry import Sample
from crawler.shared.errors import UserError


def plain_ms_ssim(x, y, weights):
    """One pair, window by window, straight from the formulas."""
    g = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window = np.outer(g, g) / np.outer(g, g).sum()
    c1, c2 = 6.5025, 58.5225
    result = 1.0
    for scale, weight in enumerate(weights):
        luminance_structure, structure = [], []
        for a, b in zip(x, y):
            for i in range(a.shape[0] - 10):
                for j in range(a.shape[1] - 10):
                    p, q = a[i : i + 11, j : j + 11], b[i : i + 11, j : j + 11]
                    mp, mq = (window * p).sum(), (window * q).sum()
                    vp = (window * (p - mp) ** 2).sum()
                    vq = (window * (q - mq) ** 2).sum()
                    cov = (window * (p - mp) * (q - mq)).sum()
                    cs = (2 * cov + c2) / (vp + vq + c2)
                    structure.append(cs)
                    luminance_structure.append(cs * (2 * mp * mq + c1) / (mp**2 + mq**2 + c1))
        last = scale == len(weights) - 1
        result *= max(np.mean(luminance_structure if last else structure), 0) ** weight
        if not last:
            x, y = (sum(z[:, i::2, j::2] for i in (0, 1) for j in (0, 1)) / 4 for z in (x, y))
    return result


@pytest.mark.parametrize("size", [24, 44])
def test_equals_the_formulas(size):
    random = np.random.RandomState(0)
    x = random.randint(0, 256, (2, 1, size, size)).astype(float)
    y = (0.6 * x + 0.4 * random.randint(0, 256, x.shape)).round()
    weights = np.array([0.0448, 0.2856, 0.3001][: 2 if size == 24 else 3])
    expected = [plain_ms_ssim(a, b, weights / weights.sum()) for a, b in zip(x, y)]
    np.testing.assert_allclose(multi_scale_ssim(x, y), expected, rtol=2e-4)
    assert 0.2 < expected[0] < 0.99


def test_equal_images_are_1_and_opposite_ones_0():
    x = np.random.RandomState(1).randint(0, 256, (3, 3, 64, 64)).astype(np.uint8)
    np.testing.assert_allclose(multi_scale_ssim(x, x), 1, rtol=1e-5)
    np.testing.assert_array_equal(multi_scale_ssim(x, 255 - x), 0)


def test_a_generator_that_repeats_itself_scores_higher():
    random = np.random.RandomState(2)
    varied = random.randint(0, 256, (30, 3, 16, 16)).astype(np.uint8)
    repeated = np.repeat(varied[:2], 15, axis=0)
    (low,), (high,) = (ms_ssim(None, Sample(s), random) for s in (varied, repeated))
    assert high > low + 0.2


def test_images_smaller_than_the_window_are_said():
    with pytest.raises(UserError, match="windows of 11 pixels"):
        ms_ssim(None, Sample(np.zeros((4, 3, 8, 8), np.uint8)), np.random.RandomState(0))
