from importlib import resources

import numpy as np
import pytest

from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.data.drawn import draw_face
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.runs.ready import find_ready, list_ready
from crawler.shared.errors import UserError

FOLDER = resources.files("chainer_gan_anime.runs") / "ready_weights"


def test_the_demo_generator_draws_faces_like_those_it_learnt_from():
    gen, name = load_generator("demo")
    assert name == "demo.npz"
    images = generate(gen, gen.make_hidden(100, np.random.RandomState(0))).astype(float)
    rng = np.random.RandomState(1)
    drawn = np.stack([draw_face(rng, 64) for _ in range(100)]).transpose(0, 3, 1, 2).astype(float)
    # The mean face is there, and faces differ about as much as drawn ones do.
    assert np.abs(images.mean(axis=0) - drawn.mean(axis=0)).mean() < 25
    assert 0.5 < images.std(axis=0).mean() / drawn.std(axis=0).mean() < 1.5


@pytest.mark.parametrize("name", list_ready())
def test_each_is_small_and_has_a_card(name):
    assert len((FOLDER / f"{name}.npz").read_bytes()) < 400_000
    card = (FOLDER / f"{name}.md").read_text("utf-8")
    assert all(word in card for word in ("Trained on", "Settings", "not"))


def test_a_run_of_that_name_goes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert find_ready("demo").name == "demo.npz" and find_ready("other").name == "other"
    (tmp_path / "demo").mkdir()
    with pytest.raises(UserError, match="demo holds no whole snapshot"):
        load_generator("demo")
