import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.standing import MARKER, StandingGenerator, standing_statistics
from chainer_gan_anime.runs import npz


class Clock:
    iteration = 0


@pytest.fixture
def gen(make_settings, rng):
    gen = registry.make_generator(make_settings())
    for param in gen.params():  # weights whose images the first statistics do not describe
        param.array += rng.normal(0, 0.1, param.shape).astype("f")
    return gen


def test_the_statistics_are_the_means_of_the_batches(gen):
    standing = standing_statistics(gen, np.random.RandomState(3), n_batches=5)
    stream = np.random.RandomState(3)
    h = [gen.l0(gen.make_hidden(100, stream)).array for _ in range(5)]
    mean = np.mean([x.mean(axis=0) for x in h], axis=0)
    variance = np.mean([x.var(axis=0, ddof=1) for x in h], axis=0)
    np.testing.assert_allclose(standing.bn0.avg_mean, mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(standing.bn0.avg_var, variance, rtol=1e-4)
    # Deeper layers too: over many batches test mode gives what training mode gives.
    z = gen.make_hidden(400, stream)
    with chainer.using_config("train", False):
        in_use = standing_statistics(gen, stream, n_batches=20)(z).array
        copied = gen(z).array
    batch = gen.copy("copy")(z).array
    assert np.abs(in_use - batch).mean() < 0.1 * np.abs(copied - batch).mean()


def test_nothing_in_the_generator_changes(gen):
    before = {name: p.array.copy() for name, p in gen.namedparams()}
    mean, state = gen.bn1.avg_mean.copy(), gen.rng.get_state()[1].copy()
    standing = standing_statistics(gen, np.random.RandomState(3), 2)
    np.testing.assert_array_equal(gen.bn1.avg_mean, mean)
    np.testing.assert_array_equal(gen.rng.get_state()[1], state)
    assert gen.bn1.decay == standing.bn1.decay == 0.9
    for name, param in gen.namedparams():
        np.testing.assert_array_equal(param.array, before[name])


def test_they_are_computed_once_an_iteration_and_written_with_the_marker(gen, tmp_path):
    clock = Clock()
    shown = StandingGenerator(gen, clock, seed=4, n_batches=2)
    first = shown.current()
    assert shown.current() is first
    npz.save(tmp_path / "gen.npz", shown)
    file = npz.SafeNpz(tmp_path / "gen.npz")
    assert file[MARKER] == 2
    np.testing.assert_array_equal(file["bn1/avg_var"], first.bn1.avg_var)
    clock.iteration = 1
    gen.bn0.gamma.array *= 2
    second = shown.current()
    assert second is not first and not np.array_equal(second.bn1.avg_var, first.bn1.avg_var)
    clock.iteration = 2  # the same private latents: the same weights give the same
    np.testing.assert_array_equal(shown.current().bn1.avg_var, second.bn1.avg_var)
