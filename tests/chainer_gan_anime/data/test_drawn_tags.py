import numpy as np

from chainer_gan_anime.data import drawn
from chainer_gan_anime.data.drawn.look import random_look
from chainer_gan_anime.data.drawn.tags import NAMES, tags_of


def test_each_face_has_one_hair_colour_style_and_mouth():
    tags, vocabulary = drawn.tag_faces(300, 0)
    assert tags.shape == (300, len(NAMES)) and vocabulary.names == NAMES
    for group in ("hair", "style", "mouth"):
        places = vocabulary.indices(vocabulary.groups[group])
        assert (tags[:, places].sum(1) == 1).all()
    eyes = tags[:, vocabulary.indices(vocabulary.groups["eyes"])].sum(1)
    np.testing.assert_array_equal(eyes, 1 - tags[:, vocabulary.index("closed_eyes")])
    np.testing.assert_allclose(vocabulary.shares, tags.mean(0))


def test_the_tags_are_those_of_the_faces_drawn_from_the_same_seed():
    tags, vocabulary = drawn.tag_faces(40, 5)
    glasses, seen = vocabulary.index("glasses"), []
    for i, row in enumerate(tags):
        look = random_look(np.random.RandomState([5, i]))
        assert [n for n, on in zip(NAMES, row) if on] == sorted(tags_of(look), key=NAMES.index)
        seen.append(look.glasses)
    np.testing.assert_array_equal(tags[:, glasses], seen)
    # The picture shows it: the crown's pixels lie near the drawn hair colour.
    face = drawn.draw_faces(1, 5, 32)[0]
    hair = np.array(random_look(np.random.RandomState([5, 0])).hair)[:, None, None]
    assert (np.abs(face[:, 4:12, 12:20].astype(int) - hair).max(0) < 25).mean() > 0.3
