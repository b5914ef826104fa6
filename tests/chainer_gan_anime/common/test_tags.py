import numpy as np
import pytest

from chainer_gan_anime.common.tags import Vocabulary, join
from crawler.shared.errors import UserError


@pytest.fixture
def vocabulary():
    """Three colours, of which a tenth of the images have none, and two tags without a group."""
    groups = {"hair": ("red_hair", "green_hair", "blue_hair")}
    names = (*groups["hair"], "smile", "glasses")
    return Vocabulary(names, groups, (0.6, 0.1, 0.2, 0.5, 0.05))


def test_training_draws_a_group_evenly_and_the_others_by_a_quarter(vocabulary, rng):
    tags = vocabulary.draw_evenly(20_000, rng)
    assert tags.dtype == np.uint8 and (tags[:, :3].sum(1) == 1).all()
    np.testing.assert_allclose(tags.mean(0), [1 / 3, 1 / 3, 1 / 3, 0.25, 0.25], atol=0.015)


def test_looking_draws_as_the_data_has_them(vocabulary, rng):
    tags = vocabulary.draw_as_in_data(20_000, rng)
    assert (tags[:, :3].sum(1) <= 1).all()
    np.testing.assert_allclose(tags.mean(0), vocabulary.shares, atol=0.015)


def test_what_is_asked_for_is_on_its_group_off_and_the_rest_as_it_was(vocabulary):
    def draw(*asked):
        return vocabulary.draw_as_in_data(50, np.random.RandomState(3), asked)

    as_was, asked = draw(), draw("blue_hair", "glasses")
    np.testing.assert_array_equal(asked[:, [0, 1, 2, 4]], [[0, 0, 1, 1]] * 50)
    np.testing.assert_array_equal(asked[:, 3], as_was[:, 3])


def test_an_unknown_tag_and_two_of_a_group_are_refused(vocabulary, rng):
    with pytest.raises(UserError, match="tag blu_hair is unknown.* such as blue_hair"):
        vocabulary.draw_as_in_data(1, rng, ["blu_hair"])
    with pytest.raises(UserError, match="red_hair and blue_hair cannot both be asked for"):
        vocabulary.draw_as_in_data(1, rng, ["red_hair", "blue_hair"])


def test_a_vocabulary_comes_back_from_its_record(vocabulary):
    assert Vocabulary.from_dict(vocabulary.to_dict()) == vocabulary
    assert vocabulary.singles == ["smile", "glasses"]


def test_tags_are_joined_to_latents_as_signs(vocabulary, rng):
    z = rng.normal(size=(2, 4, 1, 1)).astype(np.float32)
    joined = join(z, vocabulary.encode([["red_hair"], ["smile", "glasses"]]))
    assert joined.shape == (2, 9, 1, 1) and joined.dtype == np.float32
    np.testing.assert_array_equal(joined[:, :4], z)
    np.testing.assert_array_equal(joined[:, 4:, 0, 0], [[1, -1, -1, -1, -1], [-1, -1, -1, 1, 1]])
