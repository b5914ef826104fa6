import importlib.metadata

import numpy as np
import pytest

from chainer_gan_anime.data import drawn
from chainer_gan_anime.evaluation.scores import whole_faces
from chainer_gan_anime.evaluation.scores.registry import Sample
from chainer_gan_anime.evaluation.scores.whole_faces import detection_rate, whole_face_rate
from crawler.shared.errors import UserError


class BrightCentre:
    """A detector that takes a bright centre for a face."""

    def detectMultiScale(self, grey, scale_factor, min_neighbours, minSize):
        assert grey.shape == (64, 64) and grey.dtype == np.uint8 and minSize == (24, 24)
        return [(0, 0, 64, 64)] if grey[32, 32] > 128 else ()


@pytest.fixture
def bright_centre(monkeypatch):
    monkeypatch.setattr(whole_faces, "find_cascade", lambda: None)
    monkeypatch.setattr(whole_faces, "load_cascade", lambda path: BrightCentre())


@pytest.mark.parametrize("size", [16, 64])
def test_rate_over_the_rate_of_real_images(bright_centre, size):
    images = np.zeros((8, 3, size, size), np.uint8)
    real, fake = images.copy(), images.copy()
    real[:4], fake[:3] = 255, 255
    assert whole_face_rate(Sample(real), Sample(fake), None) == (3 / 4,)
    with pytest.raises(UserError, match="no face in the real images"):
        whole_face_rate(Sample(images), Sample(fake), None)


def test_the_cascade_finds_drawn_faces_and_none_in_noise():
    try:
        importlib.metadata.distribution("danbooru-utility")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("danbooru-utility, which carries the cascade, is not installed")
    cascade = whole_faces.load_cascade(whole_faces.find_cascade())
    faces = drawn.draw_faces(40, 0, 64)
    noise = np.random.RandomState(0).randint(0, 256, faces.shape).astype(np.uint8)
    assert detection_rate(faces, cascade) > 0.5
    assert detection_rate(faces[:, :, ::-1], cascade) < 0.2
    assert detection_rate(noise, cascade) == 0
