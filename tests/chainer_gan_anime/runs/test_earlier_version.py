"""Runs that version 0.1 left are read, resumed, drawn from and judged."""

import zipfile
from pathlib import Path

import chainer
import numpy as np
import pytest
from PIL import Image

import chainer_gan_anime as anime
from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.runs.finished import load_run
from chainer_gan_anime.runs.npz import SafeNpz
from chainer_gan_anime.runs.records import load_settings
from chainer_gan_anime.training.run import Run
from tests.rounding import follows_rounding

RUNS = Path(__file__).parent / "version_0_1"


@pytest.fixture(params=["dragan", "sngan"])
def old_run(request, tmp_path):
    with zipfile.ZipFile(RUNS / f"{request.param}.zip") as archive:
        archive.extractall(tmp_path / request.param)
    return tmp_path / request.param


@pytest.fixture
def noise(tmp_path):
    """The 24 images of noise that it was trained on."""
    rng = np.random.RandomState(0)
    folder = tmp_path / "noise"
    folder.mkdir()
    for i in range(24):
        Image.fromarray(rng.randint(0, 256, (16, 16, 3)).astype("u1")).save(folder / f"{i:02}.png")
    return load_faces(str(folder), 16, cache=False)


def test_its_settings_and_records_are_read(old_run):
    run = load_run(old_run)
    assert (run.settings.ch, run.settings.n_hidden, run.settings.adam_beta1) == (8, 4, 0.5)
    options = {"dragan": {"lam": 10.0, "perturb_std": "pixel"}}
    assert run.settings.options == options.get(old_run.name, {"power_iteration": "update"})
    assert len(run.log) == 8 and run.log[-1]["iteration"] == 8
    assert [c.iteration for c in run.checkpoints] == [4, 8]
    assert len(run.scores) == (3 if old_run.name == "sngan" else 0)


def test_it_is_resumed_and_ends_where_it_ended(old_run, noise):
    settings, facts = load_settings(old_run)
    assert facts["data"]["sha256"] == noise.digest
    expected = SafeNpz(old_run / "gen_iter_8.npz")
    run = Run(settings, noise, old_run, chainer.get_device("@numpy"), lambda sentence: None)
    assert run.resume() and run.updater.iteration == 4
    run.train()
    found = SafeNpz(old_run / "gen_iter_8.npz")
    assert set(found) == set(expected)
    compared = [key for key in expected if not follows_rounding(key, expected)]
    assert len(compared) > 10
    for key in compared:  # other processors round otherwise
        np.testing.assert_allclose(found[key], expected[key], rtol=1e-3, atol=1e-5, err_msg=key)


def test_its_generator_draws(old_run):
    images = anime.draw(anime.load_generator(old_run / "gen_iter_8.npz"), 5)
    assert images.shape == (5, 16, 16, 3) and images.std() > 0
