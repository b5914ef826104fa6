import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.evaluation.projection import measure_reach, project, rms


@pytest.fixture(params=["uniform", "normal"])
def gen(request, rng):
    gen = registry.GENERATORS["A"](
        image_size=16, ch=16, n_hidden=6, z_distribution=request.param, rng=rng
    )
    for link in gen.links():
        if hasattr(link, "W"):
            link.W.array *= 8  # faces that differ
    return gen


def test_faces_of_the_generator_are_found_again(gen, rng):
    pictures = generate(gen, gen.make_hidden(4, rng))
    before = {name: param.array.copy() for name, param in gen.namedparams()}
    found = project(gen, pictures, rng, n_steps=150, n_restarts=6)
    by_chance = rms(generate(gen, gen.make_hidden(4, rng)), pictures)
    assert found.z.shape == (4, 6) and found.images.shape == pictures.shape
    np.testing.assert_array_equal(generate(gen, found.z), found.images)
    np.testing.assert_allclose(found.distances, rms(found.images, pictures))
    assert np.median(found.distances) < 0.25 * np.median(by_chance)
    for name, param in gen.namedparams():
        np.testing.assert_array_equal(param.array, before[name])
    if gen.z_distribution == "uniform":
        assert np.abs(found.z).max() <= 1
    else:
        assert np.linalg.norm(found.z, axis=1).max() <= np.sqrt(6) * 1.0001


def test_the_same_seed_finds_the_same(gen):
    pictures = np.random.RandomState(1).randint(0, 256, (2, 3, 16, 16)).astype(np.uint8)
    one, two = (project(gen, pictures, np.random.RandomState(3), 5, 2) for _ in range(2))
    np.testing.assert_array_equal(one.z, two.z)


@pytest.mark.slow
def test_a_net_made_to_memorise_reaches_what_it_was_trained_on(rng):
    gen = registry.GENERATORS["A"](
        image_size=16, ch=32, n_hidden=8, z_distribution="uniform", rng=rng
    )
    coarse = rng.randint(0, 256, (24, 3, 4, 4)).astype(np.uint8)
    images = coarse.repeat(4, axis=2).repeat(4, axis=3)
    training, held_out = images[:12], images[12:]
    before = measure_reach(gen, training, held_out, np.random.RandomState(0), 60, 2)
    assert not before.memorised
    # Each of the training images gets a latent of its own.
    z, target = gen.make_hidden(12, rng), training.astype(np.float32) / 127.5 - 1
    optimizer = chainer.optimizers.Adam(0.01).setup(gen)
    for _ in range(150):
        gen.cleargrads()
        F.mean_squared_error(gen(z), target).backward()
        optimizer.update()
    after = measure_reach(gen, training, held_out, np.random.RandomState(0), 150, 5)
    assert after.memorised
    assert after.training < 0.7 * after.held_out
