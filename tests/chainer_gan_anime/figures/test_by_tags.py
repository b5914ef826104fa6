import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.sampling import draw_latents, generate
from chainer_gan_anime.figures.by_tags import draw_over_latents, draw_over_tags
from crawler.shared.errors import UserError


@pytest.fixture
def gen(make_settings, tagged_faces):
    gen = registry.make_generator(make_settings("acgan"), tagged_faces.vocabulary)
    gen.l0.W.array *= 20
    return gen


def cut(grid, row, column):
    return grid[2 + 18 * row : 18 + 18 * row, 2 + 18 * column : 18 + 18 * column]


def test_a_row_is_one_z_under_each_tag(gen):
    grid = draw_over_tags(gen, "hair", 3, seed=4)
    assert grid.shape == (3 * 18 + 2, 2 * 18 + 2, 3)
    z = draw_latents(gen, 3, 4)
    for column, signs in enumerate([[1, -1], [-1, 1]]):
        z[:, 100:102] = signs
        for row, image in enumerate(generate(gen, z)):
            np.testing.assert_array_equal(cut(grid, row, column), image.transpose(1, 2, 0))


def test_tags_stay_and_z_changes(gen):
    grid = draw_over_latents(gen, [["red_hair"], ["blue_hair", "smile"]], 4, seed=4)
    assert grid.shape == (2 * 18 + 2, 4 * 18 + 2, 3)
    asked = draw_latents(gen, 4, 4, ["blue_hair", "smile"])
    np.testing.assert_array_equal(asked[:, :100], draw_latents(gen, 4, 4)[:, :100])
    np.testing.assert_array_equal(asked[:, 100:], [[-1, 1, 1]] * 4)
    last = generate(gen, asked)[3].transpose(1, 2, 0)
    np.testing.assert_array_equal(cut(grid, 1, 3), last)


def test_asking_a_generator_without_tags(make_settings):
    plain = registry.make_generator(make_settings("dragan"))
    assert draw_latents(plain, 2, 0).shape == (2, 100)
    with pytest.raises(UserError, match="trained without tags: leave --tags out"):
        draw_latents(plain, 2, 0, ["smile"])
