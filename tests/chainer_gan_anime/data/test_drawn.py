from __future__ import annotations

import importlib.metadata
import os
import pathlib

import cv2
import numpy as np
import pytest

from chainer_gan_anime.data.drawn import draw_face, draw_faces
from chainer_gan_anime.data.drawn.body import draw_shoulders
from chainer_gan_anime.data.drawn.canvas import Canvas
from chainer_gan_anime.data.drawn.faces import draw_person
from chainer_gan_anime.data.drawn.look import (
    ACCESSORIES,
    BACKS,
    COLLARS,
    FRINGES,
    MOUTHS,
    random_look,
)
from tests.drawn_standing import draw_standing_picture


@pytest.fixture(scope="module")
def faces():
    return draw_faces(120, seed=5)


@pytest.fixture(scope="module")
def cascade():
    candidates = [os.environ.get("ANIME_FACE_CASCADE")]
    try:
        owner = importlib.metadata.distribution("danbooru-utility")
        candidates.append(str(owner.locate_file("danbooru/lbpcascade_animeface.xml")))
    except importlib.metadata.PackageNotFoundError:
        pass
    found = [path for path in candidates if path and pathlib.Path(path).is_file()]
    if not found:
        pytest.skip(
            "lbpcascade_animeface.xml is missing: set ANIME_FACE_CASCADE to its path "
            "or install danbooru-utility"
        )
    classifier = cv2.CascadeClassifier(found[0])
    assert not classifier.empty()
    return classifier


def _detect(cascade, picture):
    grey = cv2.equalizeHist(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    return cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(24, 24))


def _on_white(picture):
    alpha = picture[:, :, 3:].astype(np.int32)
    return ((picture[:, :, :3] * alpha + 255 * (255 - alpha)) // 255).astype(np.uint8)


def _overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def _border(picture):
    """The pixels of the upper corners, where the ground shows most."""
    return np.concatenate([picture[:4, :4].reshape(-1, 3), picture[:4, -4:].reshape(-1, 3)])


def test_same_seed_same_bits_and_another_seed_others():
    first = draw_faces(3, seed=11)
    assert np.array_equal(first, draw_faces(3, seed=11))
    assert not np.array_equal(first, draw_faces(3, seed=12))


def test_a_larger_set_begins_with_the_smaller_one(faces):
    assert np.array_equal(draw_faces(7, seed=5), faces[:7])


def test_the_pictures_of_a_seed_stay_the_same():
    # Mean colours, with room for edges that another OpenCV rasterises differently.
    expected = [[213, 167, 188], [133, 119, 120], [166, 138, 170], [131, 120, 109]]
    assert np.abs(draw_faces(4, seed=0).mean(axis=(2, 3)) - expected).max() < 2


@pytest.mark.parametrize("image_size", [32, 64, 128])
def test_shapes_and_dtypes(image_size):
    faces = draw_faces(2, seed=0, image_size=image_size)
    assert faces.shape == (2, 3, image_size, image_size)
    assert faces.dtype == np.uint8
    face = draw_face(np.random.RandomState([0, 1]), image_size)
    assert np.array_equal(face.transpose(2, 0, 1), faces[1])


def test_no_faces_is_an_empty_set():
    assert draw_faces(0, seed=0).shape == (0, 3, 64, 64)


def test_picture_sizes_show_the_same_face():
    small = draw_face(np.random.RandomState(3), 64).astype(float)
    large = draw_face(np.random.RandomState(3), 256)
    shrunk = cv2.resize(large, (64, 64), interpolation=cv2.INTER_AREA)
    assert np.abs(small - shrunk).mean() < 6


def test_the_rng_is_the_only_source_of_chance():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first = draw_face(np.random.RandomState(1))
    np.random.seed(99)
    assert np.array_equal(first, draw_face(np.random.RandomState(1)))
    np.random.seed(0)
    draw_face(np.random.RandomState(1))
    assert np.array_equal(np.random.get_state()[1], before)


def test_faces_differ_from_each_other(faces):
    assert len({face.tobytes() for face in faces}) == len(faces)
    assert faces.std(axis=0).mean() > 45
    # Colours vary from face to face, not only the outlines' places.
    assert faces.mean(axis=(2, 3)).std(axis=0).min() > 20


def test_edges_are_smooth(faces):
    # A picture without antialiasing holds only the palette's few dozen colours.
    colours = [len(np.unique(face.reshape(3, -1).T, axis=0)) for face in faces[:20]]
    assert min(colours) > 300


def test_white_ground_is_white_and_coloured_ground_is_not():
    white = [draw_face(np.random.RandomState(i), ground="white") for i in range(40)]
    coloured = [draw_face(np.random.RandomState(i), ground="coloured") for i in range(40)]
    assert np.mean([(_border(face) == 255).all(axis=1).mean() for face in white]) > 0.5
    assert np.mean([(_border(face) == 255).all(axis=1).mean() for face in coloured]) < 0.05


def test_both_grounds_occur_without_a_choice(faces):
    corners = [_border(face.transpose(1, 2, 0)) for face in faces]
    white = np.mean([(corner == 255).all(axis=1).any() for corner in corners])
    assert 0.25 < white < 0.65


def test_unknown_ground_is_refused():
    with pytest.raises(ValueError, match="ground"):
        draw_face(np.random.RandomState(0), ground="transparent")
    with pytest.raises(ValueError, match="ground"):
        draw_standing_picture(np.random.RandomState(0), ground="blue")


def test_every_style_can_be_drawn_and_shows():
    base = random_look(np.random.RandomState(4))
    for name, styles in [
        ("fringe", FRINGES),
        ("back", BACKS),
        ("mouth", MOUTHS),
        ("collar", COLLARS),
        ("accessory", ACCESSORIES),
        ("glasses", (False, True)),
        ("animal_ears", (False, True)),
        ("ahoge", (False, True)),
        ("wavy", (False, True)),
        ("messy", (False, True)),
        ("eye_closed", ((False, False), (True, False), (True, True))),
    ]:
        drawn = set()
        for style in styles:
            look = type(base)(**{**vars(base), name: style})
            canvas = Canvas(64, 64, (32, 34), 17)
            draw_person(canvas, look, np.random.RandomState(0), draw_shoulders)
            drawn.add(canvas.shrink().tobytes())
        assert len(drawn) == len(styles), name


def test_yaw_moves_the_eyes_more_than_the_temples():
    look = random_look(np.random.RandomState(0))
    look.yaw, look.pitch = 0.3, 0.0
    (centre, edge) = look.turn([(0.0, 0.0), (1.1, 0.0)]) - [(0.0, 0.0), (1.1, 0.0)]
    assert centre[0] > 0.3 > edge[0]


def test_canvas_fills_where_it_is_told():
    canvas = Canvas(20, 40, origin=(10, 5), unit_px=5)
    canvas.fill([(0, 0), (2, 0), (2, 2), (0, 2)], (10, 200, 30))
    picture = canvas.shrink()
    assert tuple(picture[10, 15]) == (10, 200, 30, 255)
    assert int(picture[:, :, 3].sum()) == pytest.approx(255 * 10 * 10, rel=0.1)
    assert not picture[10, 21:].any()


def test_half_covered_pixels_keep_the_colour_and_halve_the_alpha():
    canvas = Canvas(4, 4, origin=(0, 0), unit_px=1)
    canvas.pixels[:, 2:4] = (200, 100, 50, 255)
    picture = canvas.shrink()
    assert picture[0, 0, 3] == pytest.approx(128, abs=1)
    assert np.abs(picture[0, 0, :3].astype(int) - (200, 100, 50)).max() <= 2


def test_fill_within_keeps_to_the_area():
    canvas = Canvas(10, 10, origin=(0, 0), unit_px=1)
    area = np.array([(2.0, 2.0), (6.0, 2.0), (6.0, 6.0), (2.0, 6.0)])
    canvas.fill_within(area, [area + (2, 0)], (9, 9, 9))
    painted = np.argwhere(canvas.shrink()[:, :, 3] == 255)
    assert painted.min(axis=0).tolist() == [2, 4]
    assert painted.max(axis=0).tolist() == [5, 5]


@pytest.mark.parametrize("ground, channels", [("transparent", 4), ("white", 3), ("coloured", 3)])
def test_standing_picture_and_its_box(ground, channels):
    for i in range(6):
        picture, box = draw_standing_picture(np.random.RandomState(i), 300, ground)
        assert picture.shape == (300, 150, channels)
        assert picture.dtype == np.uint8
        x, y, width, height = box
        assert all(isinstance(value, int) for value in box)
        assert width == height > 40
        assert x >= 0 and x + width <= 150
        assert y >= 0 and y + height <= 100


def test_standing_picture_is_deterministic_and_leaves_the_ground_transparent():
    picture, box = draw_standing_picture(np.random.RandomState(2), 300)
    again, same_box = draw_standing_picture(np.random.RandomState(2), 300)
    assert np.array_equal(picture, again)
    assert box == same_box
    alpha = picture[:, :, 3]
    assert 0.4 < (alpha == 0).mean() < 0.9
    assert not picture[:5, :5].any()
    x, y, width, height = box
    assert (alpha[y : y + height, x : x + width] == 255).mean() > 0.8


def test_the_cascade_finds_most_faces(cascade, faces):
    found = 0
    for face in faces[:100].transpose(0, 2, 3, 1):
        large = cv2.resize(face, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
        padded = cv2.copyMakeBorder(large, 48, 48, 48, 48, cv2.BORDER_REPLICATE)
        found += len(_detect(cascade, padded)) > 0
    assert found >= 85


def test_the_cascade_finds_most_standing_pictures_at_their_box(cascade):
    found = 0
    grounds = ("transparent", "white", "coloured")
    for i in range(30):
        picture, box = draw_standing_picture(np.random.RandomState([1, i]), ground=grounds[i % 3])
        if picture.shape[2] == 4:
            picture = _on_white(picture)
        found += any(_overlap(seen, box) > 0.3 for seen in _detect(cascade, picture))
    assert found >= 25
