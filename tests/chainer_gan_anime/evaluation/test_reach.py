import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.evaluation.projection import Reach
from chainer_gan_anime.evaluation.reach import choose_unseen, describe_reach, reach_faces
from crawler.shared.errors import UserError


@pytest.fixture
def gen(rng):
    gen = registry.GENERATORS["A"](
        image_size=16, ch=16, n_hidden=4, z_distribution="uniform", rng=rng
    )
    for link in gen.links():
        if hasattr(link, "W"):
            link.W.array *= 8  # faces that differ
    return gen


def test_a_net_that_draws_its_set_and_no_other_is_flagged(gen, rng):
    # What the net itself drew stands for a set known by heart.
    training = generate(gen, gen.make_hidden(20, rng))
    other = rng.randint(0, 256, training.shape).astype(np.uint8)
    reach = reach_faces(gen, training, other, 12, seed=0, n_steps=30, n_restarts=2)
    assert reach.n == 12 and reach.training < reach.held_out and reach.memorised
    assert describe_reach(reach)[-1].startswith("ALARM: ")


def test_two_halves_of_one_set_are_not(gen, rng):
    images = rng.randint(0, 256, (30, 3, 16, 16)).astype(np.uint8)
    reach = reach_faces(gen, images[:15], images[15:], 12, seed=0, n_steps=3, n_restarts=1)
    assert not reach.memorised and len(describe_reach(reach)) == 2


def test_the_sentences_say_both_medians():
    first, second = describe_reach(Reach(12.34, 20.0, 0.55, 10))
    assert "within 12.3 of 255" in first and "within 20.0" in first and "10 each" in first
    assert "probability 0.55" in second


def test_images_of_the_training_set_are_no_held_out_ones(gen, rng):
    training = rng.randint(0, 256, (6, 3, 16, 16)).astype(np.uint8)
    other = np.concatenate([training[:4], training[:3] ^ 1])
    np.testing.assert_array_equal(choose_unseen(other, training), other[4:])
    with pytest.raises(UserError, match="has 3 images that are not in the other: pass --reach 3"):
        reach_faces(gen, training, other, 4, seed=0)
    with pytest.raises(UserError, match="the set trained on has 6 images: pass --reach 6"):
        reach_faces(gen, training, other, 7, seed=0)
