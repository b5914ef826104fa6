import chainer
import numpy as np
import pytest

from chainer_gan_anime.evaluation import tag_reader
from crawler.shared.errors import UserError


def test_a_reader_learns_what_it_is_taught(tagged_faces):
    reader = tag_reader.TagReader(tagged_faces.vocabulary, 16)
    tag_reader.teach(
        reader,
        np.tile(tagged_faces.images, (3, 1, 1, 1)),
        np.tile(tagged_faces.tags, (3, 1)),
        n_epochs=6,
    )
    seen = reader.read(tagged_faces.images)
    assert seen.shape == (40, 3)
    np.testing.assert_array_equal(seen[:, :2] > 0, tagged_faces.tags[:, :2] == 1)


@pytest.mark.parametrize("on_a_terminal", [True, False])
def test_the_step_falls_to_nothing(tagged_faces, monkeypatch, on_a_terminal):
    steps = []

    class Adam(chainer.optimizers.Adam):
        def update(self, *arguments):
            steps.append(self.alpha)

    def tqdm(total, disable, **given):
        return tqdm_itself(total=total, disable=not on_a_terminal, **given)

    tqdm_itself = tag_reader.tqdm
    monkeypatch.setattr(tag_reader, "tqdm", tqdm)
    monkeypatch.setattr(chainer.optimizers, "Adam", Adam)
    reader = tag_reader.TagReader(tagged_faces.vocabulary, 16)
    tag_reader.teach(
        reader, np.tile(tagged_faces.images, (3, 1, 1, 1)), np.tile(tagged_faces.tags, (3, 1)), 2
    )
    np.testing.assert_allclose(steps, [1e-3, 7.5e-4, 5e-4, 2.5e-4])


def test_a_taught_reader_is_kept(monkeypatch):
    monkeypatch.setattr(tag_reader, "N_TEACHING", 50)
    monkeypatch.setattr(tag_reader, "N_EPOCHS", 1)
    first = tag_reader.load_reader(16)

    def fail(*arguments):
        raise AssertionError("taught again")

    monkeypatch.setattr(tag_reader, "teach", fail)
    images = np.zeros((1, 3, 16, 16), np.uint8)
    np.testing.assert_array_equal(tag_reader.load_reader(16).read(images), first.read(images))


def test_a_size_that_does_not_fit():
    with pytest.raises(UserError, match="multiple of 8 pixels, from 16 on, not 20"):
        tag_reader.load_reader(20)
