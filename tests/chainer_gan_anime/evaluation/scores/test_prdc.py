import numpy as np
import pytest

from chainer_gan_anime.evaluation.scores.prdc import precision_recall_density_coverage as prdc
from chainer_gan_anime.evaluation.scores.prdc import squared_radii


def plain_prdc(real, fake, k):
    """The four definitions over whole distance matrices, without the Gram trick."""

    def distances(a, b):
        return np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2))

    real_radii = np.sort(distances(real, real), axis=1)[:, k]  # column 0 is itself
    fake_radii = np.sort(distances(fake, fake), axis=1)[:, k]
    d = distances(real, fake)
    in_real = d <= real_radii[:, None]
    in_fake = d <= fake_radii[None]
    return (
        in_real.any(axis=0).mean(),
        in_fake.any(axis=1).mean(),
        in_real.sum() / (k * len(fake)),
        in_real.any(axis=1).mean(),
    )


@pytest.mark.parametrize("k", [1, 5])
def test_equals_the_definitions(k):
    rng = np.random.RandomState(k)
    real, fake = rng.randn(60, 5), rng.randn(45, 5) * 0.8 + 0.4
    values = prdc(real, fake, k)
    assert values == pytest.approx(plain_prdc(real, fake, k))
    assert min(values) > 0 and min(values) < 1  # the case is not degenerate


def test_blocks_join():
    rng = np.random.RandomState(0)
    real, fake = rng.randn(1100, 3), rng.randn(1050, 3) + 0.5
    assert prdc(real, fake) == pytest.approx(plain_prdc(real, fake, 5))


def test_identical_sets():
    x = np.random.RandomState(1).randn(1100, 8)
    precision, recall, density, coverage = prdc(x, x.copy(), k=5)
    assert (precision, recall, coverage) == (1, 1, 1)
    # every ball holds its five neighbours, the farthest as a tie, and its own centre
    assert density == pytest.approx(6 / 5)


def test_disjoint_sets():
    rng = np.random.RandomState(2)
    assert prdc(rng.randn(50, 4), rng.randn(50, 4) + 1000) == (0, 0, 0, 0)


def test_duplicates_tie_whatever_their_norm():
    x = np.repeat(np.random.RandomState(3).randn(10, 6) * 1e3, 7, axis=0)
    np.testing.assert_array_equal(squared_radii(x, k=5), 0)
    assert prdc(x, x[::-1], k=5) == (1, 1, pytest.approx(7 / 5), 1)


def test_losing_half_the_modes_lowers_recall_and_coverage_and_keeps_precision():
    rng = np.random.RandomState(4)
    modes = rng.randn(10, 16) * 20

    def draw(n_modes):
        return modes[rng.randint(n_modes, size=500)] + rng.randn(500, 16)

    real = draw(10)
    whole, half = prdc(real, draw(10)), prdc(real, draw(5))
    assert whole[1] > 0.8 and whole[3] > 0.9
    assert half[0] > 0.85
    assert half[1] < 0.6 and half[3] < 0.6
