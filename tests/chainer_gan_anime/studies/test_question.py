import numpy as np
import pytest

from chainer_gan_anime.data.drawn import draw_faces
from chainer_gan_anime.studies.question import QUESTIONS, ask_background, ask_size
from crawler.shared.errors import UserError


@pytest.fixture(scope="module")
def white():
    return np.random.RandomState(0).randint(100, 256, (8, 3, 32, 32)).astype(np.uint8)


@pytest.fixture(scope="module")
def sets():
    rng = np.random.RandomState(1)
    white = draw_faces(12, 0, 32)
    white[:, :, :6] = 255
    return white, rng.randint(0, 200, (16, 3, 32, 32)).astype(np.uint8)


@pytest.mark.parametrize("name", QUESTIONS)
def test_arms_and_yardstick_fit_each_other(name, sets):
    question = QUESTIONS[name](*sets)
    assert question.name == name and len(question.arms) >= 2
    assert len({arm.name for arm in question.arms}) == len(question.arms)
    for arm in question.arms:
        assert arm.view(arm.images).shape[1:] == question.real.shape[1:]
        assert arm.images.dtype == arm.view(arm.images).dtype == np.uint8
    first, other = question.arms[:2]
    assert first.flags != other.flags or first.faces("x").digest != other.faces("x").digest


def test_the_grounds_differ_and_the_faces_do_not(sets):
    white, coloured = ask_background(*sets).arms
    assert (white.images[:, :, :2] == 255).all() and not (coloured.images[:, :, 0] == 255).all()
    assert len(white.images) == len(coloured.images) == 12


def test_a_set_without_white_grounds_is_refused(white):
    white = np.minimum(white, 200)
    with pytest.raises(UserError, match="no image of the white set has a near-white ground"):
        ask_background(white, white)


def test_sizes_are_nested_and_the_yardstick_is_unseen(sets):
    question = ask_size(*sets)
    rows = [{image.tobytes() for image in arm.images} for arm in question.arms]
    assert [len(r) for r in rows] == [8, 4, 2] and rows[2] < rows[1] < rows[0]
    assert not rows[0] & {image.tobytes() for image in question.real}
