import numpy as np
import pytest
from PIL import Image

import chainer_gan_anime as anime
from chainer_gan_anime.commands.generate import main
from crawler.shared.errors import UserError


def test_the_same_faces_as_the_command_draws(trained_run, tmp_path, capsys):
    gen = anime.load_generator(trained_run)
    images = anime.draw(gen, 9, seed=3)
    assert images.shape == (9, 16, 16, 3) and images.dtype == np.uint8
    anime.save_grid(tmp_path / "faces.png", images, n_columns=3)
    flags = ["--grid", "3", "--seed", "3", "--gpu", "-1", "--out", str(tmp_path)]
    assert main([str(trained_run), *flags]) == 0
    ours, theirs = (
        np.asarray(Image.open(tmp_path / name)) for name in ("faces.png", "grid_seed3.png")
    )
    np.testing.assert_array_equal(ours, theirs)


def test_steady_faces_are_the_commands_too(trained_run, tmp_path):
    gen = anime.load_generator(trained_run)
    images = anime.draw(gen, 9, seed=3, steady=0.2)
    assert (images != anime.draw(gen, 9, seed=3)).any()
    anime.save_grid(tmp_path / "faces.png", images, n_columns=3)
    flags = ["--grid", "3", "--seed", "3", "--steady", "0.2", "--out", str(tmp_path)]
    assert main([str(trained_run), *flags, "--gpu", "-1"]) == 0
    ours, theirs = (
        np.asarray(Image.open(tmp_path / name))
        for name in ("faces.png", "grid_seed3_steady0.2.png")
    )
    np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(UserError, match="2 is out of range: it is the share"):
        anime.draw(gen, 9, steady=2)


def test_a_mistake_is_an_error_for_users(tmp_path):
    with pytest.raises(UserError, match="holds no"):
        anime.load_generator(tmp_path)


def test_nothing_else_is_exported():
    assert set(anime.__all__) == {"draw", "load_generator", "save_grid"}
    with pytest.raises(AttributeError, match="no attribute 'nosuch'"):
        anime.__getattr__("nosuch")
