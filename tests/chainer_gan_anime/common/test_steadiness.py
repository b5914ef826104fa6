import chainer
import numpy as np
import pytest
import scipy.stats

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.sampling import draw_latents
from chainer_gan_anime.common.steadiness import (
    check_share,
    find_steady_direction,
    measure_change,
    move_to_steady,
    spread,
)
from crawler.shared.errors import UserError

N_HIDDEN = 20


class Known:
    """Draws pictures whose change and brightness are known.

    Pixels in the middle are z_0 exp(z_1) up and down a pattern, so that the logarithm of their
    change grows with z_1; the brightness is z_2, and grows the change, too; at the border z_3
    matters, which must not count.
    """

    n_hidden = N_HIDDEN
    z_distribution = "normal"
    device = chainer.get_device("@numpy")

    def make_hidden(self, n, rng):
        return rng.normal(size=(n, N_HIDDEN, 1, 1)).astype(np.float32)

    def __call__(self, z):
        z0, z1, z2, z3 = z.T[:4].reshape(4, -1, 1, 1, 1)
        x = np.zeros((len(z), 3, 16, 16), np.float32)
        pattern = np.where(np.indices((16, 16)).sum(axis=0) % 2, 1, -1)
        x += 0.01 * np.exp(z1 + z2) * (2 + np.sin(z0)) * pattern + 0.02 * z2
        x[:, :, :4] += np.exp(2 * z3) * pattern[:4]
        return chainer.Variable(x)


@pytest.fixture(params=["uniform", "normal"])
def gen(request, make_settings):
    return registry.make_generator(make_settings(z_distribution=request.param))


def unit(rng, size):
    direction = rng.normal(size=size)
    return direction / np.linalg.norm(direction)


def test_the_direction_is_where_the_middle_changes_less_and_brightness_stays():
    steady = find_steady_direction(Known())
    assert np.linalg.norm(steady) == pytest.approx(1)
    assert steady[1] < -0.95 and abs(steady[2]) < 0.05 and abs(steady[3]) < 0.15


def test_change_is_the_mean_square_in_the_middle_over_two_steps():
    gen, rng = Known(), np.random.RandomState(5)
    z = gen.make_hidden(4, rng).reshape(4, -1)
    state = rng.get_state()
    change, brightness = measure_change(gen, z, rng)
    rng.set_state(state)
    before, changes = gen(z).array, []
    for _ in range(2):
        near = gen((z + 0.4 * rng.normal(size=z.shape)).astype("f")).array
        changes.append(((near - before)[:, :, 4:12, 4:12] ** 2).mean(axis=(1, 2, 3)))
    np.testing.assert_allclose(change, np.log(np.sum(changes, axis=0)), rtol=1e-4)
    np.testing.assert_allclose(brightness, before.mean(axis=(1, 2, 3)), atol=1e-6)


def test_moved_latents_are_as_the_steadiest_share_of_all(gen, rng):
    direction = unit(rng, gen.n_hidden)
    z = draw_latents(gen, 3000, 1)
    moved = move_to_steady(gen, z, direction, 0.3)
    assert moved.dtype == np.float32 and moved.shape == z.shape
    before, after = z @ direction / spread(gen), moved @ direction / spread(gen)
    least = scipy.stats.norm.isf(0.3)
    assert after.min() > least - 1e-5
    assert scipy.stats.kstest(after, scipy.stats.truncnorm(least, np.inf).cdf).pvalue > 0.01
    np.testing.assert_array_equal(np.argsort(after), np.argsort(before))
    rest = (moved - z) - np.outer((moved - z) @ direction, direction)
    assert np.abs(rest).max() < 1e-5


def test_all_latents_are_moved_nowhere(gen, rng):
    z = draw_latents(gen, 50, 1)
    direction = unit(rng, gen.n_hidden)
    np.testing.assert_allclose(move_to_steady(gen, z, direction, 1), z, atol=1e-5)


def test_far_away_latents_stay_finite(gen, rng):
    direction = unit(rng, gen.n_hidden)
    z = np.outer([-60, 60], direction).astype(np.float32)
    moved = move_to_steady(gen, z, direction, 0.01)
    assert np.isfinite(moved).all()


def test_tags_rest(make_settings, tagged_faces):
    gen = registry.make_generator(make_settings("acgan"), tagged_faces.vocabulary)
    direction = find_steady_direction(gen, n=150)
    assert direction.shape == (gen.n_hidden,)
    z = draw_latents(gen, 20, 3, ["red_hair"])
    moved = move_to_steady(gen, z, direction, 0.3)
    np.testing.assert_array_equal(moved[:, gen.n_hidden :], z[:, gen.n_hidden :])
    assert np.abs(moved[:, : gen.n_hidden] - z[:, : gen.n_hidden]).max() > 0.05


def test_looking_for_it_changes_nothing_and_finds_the_same_again(gen):
    before = gen.rng.get_state()[1].copy()
    weights = [param.array.copy() for param in gen.params()]
    first, second = (find_steady_direction(gen, n=200) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(gen.rng.get_state()[1], before)
    for param, weight in zip(gen.params(), weights):
        np.testing.assert_array_equal(param.array, weight)


def test_shares_out_of_range():
    check_share(0.01)
    check_share(1)
    for share in (0, -0.3, 1.01, float("nan")):
        with pytest.raises(UserError, match="out of range: it is the share of the latents"):
            check_share(share)
