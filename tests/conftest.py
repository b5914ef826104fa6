import os

import numpy as np
import pytest

from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.common.tags import Vocabulary
from chainer_gan_anime.data.dataset import FaceImages


def pytest_collection_modifyitems(items):
    """Begins with what takes longest, so that no core is left with it at the end."""
    items.sort(key=lambda item: "test_device_path" not in item.nodeid)


@pytest.fixture(autouse=True)
def private_cache(tmp_path_factory, monkeypatch):
    """Keeps the user's cache out of the tests, and the tests out of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.delenv("ANIME_DATA_ROOT", raising=False)


@pytest.fixture
def device_environment(request):
    """Environment of a process on the stand-in for CuPy, which keeps its compiled kernels."""
    return {**os.environ, "XDG_CACHE_HOME": str(request.config.cache.mkdir("hostcupy"))}


@pytest.fixture
def rng():
    return np.random.RandomState(0)


@pytest.fixture
def make_settings():
    """Returns a maker of settings small enough for a test."""

    def make(algorithm="sngan", preset="article", **given):
        small = dict(image_size=16, ch=16, batch_size=8, log_every=1, seed=0)
        small["iterations"] = None if "epochs" in given else 4
        return resolve(algorithm, "test", preset, **{**small, **given})

    return make


@pytest.fixture
def faces(rng):
    """40 images of noise, 16x16."""
    images = rng.randint(0, 256, (40, 3, 16, 16)).astype(np.uint8)
    return FaceImages(images, "noise", "digest of noise")


@pytest.fixture
def tagged_faces(rng):
    """40 images, 16x16, noisily red or blue as their tags say; some of them smile."""
    groups = {"hair": ("red_hair", "blue_hair")}
    tags = rng.randint(0, 2, (40, 3)).astype(np.uint8)
    tags[:, 1] = 1 - tags[:, 0]
    vocabulary = Vocabulary((*groups["hair"], "smile"), groups, tuple(tags.mean(0).tolist()))
    colours = np.where(tags[:, :1], [[220, 40, 40]], [[40, 40, 220]])[:, :, None, None]
    images = (colours + rng.randint(-20, 20, (40, 3, 16, 16))).astype(np.uint8)
    return FaceImages(images, "colours", "digest of colours", (), tags, vocabulary)
