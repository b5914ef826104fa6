from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from crawler.faces import FaceCutter, FaceSettings
from crawler.faces.picture import DecodedPicture
from crawler.faces.selftest import FACE_BOX, draw_face, require_sight
from crawler.faces.tilt import overlap
from crawler.shared.errors import UserError


def hits(result, box):
    return [face for face in result.faces if overlap(face.box, box) > 0.3]


def test_standing_figures_are_found(cutter, standing, encode):
    found = [bool(hits(cutter.cut(encode(rgba)), box)) for rgba, box in standing]
    assert sum(found) >= len(found) - 1


def test_a_grey_ground_is_what_finds_them(standing, encode, monkeypatch):
    """The measured reason for the ground: nothing may depend on colours under the alpha."""
    rgba, _ = standing[0]
    hidden = rgba.copy()
    hidden[hidden[:, :, 3] == 0] = (255, 0, 255, 0)
    one, other = DecodedPicture(encode(rgba), 10**6), DecodedPicture(encode(hidden), 10**6)
    assert np.array_equal(one.grey(400), other.grey(400))


def test_boxes_are_in_the_pixels_of_the_picture(cutter, encode):
    large = np.asarray(Image.fromarray(draw_face()).resize((1500, 1500)))
    (face,) = cutter.cut(encode(large, "JPEG")).faces
    assert overlap(face.box, [5 * side for side in FACE_BOX]) > 0.7


def test_a_leaning_head_is_found_by_tilting(cutter, encode):
    ground = Image.fromarray(draw_face())
    turned = ground.rotate(30, Image.Resampling.BICUBIC, fillcolor=(205, 215, 235))
    data = encode(np.asarray(turned))
    tilting = FaceCutter(FaceSettings(tilt=True))
    (face,) = hits(tilting.cut(data), FACE_BOX)
    assert not hits(cutter.cut(data), FACE_BOX)
    assert face.tilt in (-15, -30)  # turned back
    (upright,) = hits(tilting.cut(encode(draw_face())), FACE_BOX)
    assert upright.tilt == 0


def test_nothing_is_found_where_nothing_is(cutter, encode):
    noise = np.random.RandomState(0).randint(0, 256, (300, 400, 3)).astype(np.uint8)
    result = cutter.cut(encode(noise))
    assert (result.faces, result.reason) == ([], "no_face")
    assert (result.width, result.height) == (400, 300)


def test_the_best_face_alone(encode):
    two = np.concatenate([draw_face(), np.full((300, 40, 3), 230, np.uint8), draw_face()], axis=1)
    two[:, :300] = two[:, :300] // 2 + 60  # the one on the left has less contrast
    all_faces = FaceCutter(FaceSettings()).cut(encode(two)).faces
    (best,) = FaceCutter(FaceSettings(all_faces=False)).cut(encode(two)).faces
    assert len(all_faces) == 2
    assert best.score == max(face.score for face in all_faces)
    assert all_faces[0].box < all_faces[1].box or all_faces[0].box[1] < all_faces[1].box[1]


class Blind:
    name, version, sha256 = "blind", "0", "0" * 64

    def detect(self, picture):
        return []


def test_a_blind_detector_is_an_error():
    with pytest.raises(UserError, match="blind .* finds nothing in the drawn face"):
        require_sight(Blind())


def test_another_detector_must_be_the_settings_own():
    with pytest.raises(ValueError, match="not blind"):
        FaceCutter(FaceSettings(), detector=Blind())
    with pytest.raises(UserError, match="finds nothing"):
        FaceCutter(FaceSettings(detector=("blind", "0" * 64)), detector=Blind())


def page_of_faces(side, at, size=(1400, 1400)):
    """Drawn faces of some sides at some places of a large page."""
    page = Image.new("RGB", size, (205, 215, 235))
    for (x, y), length in zip(at, side):
        page.paste(Image.fromarray(draw_face()).resize((length, length)), (x, y))
    boxes = [
        (
            x + FACE_BOX[0] * n / 300,
            y + FACE_BOX[1] * n / 300,
            FACE_BOX[2] * n / 300,
            FACE_BOX[3] * n / 300,
        )
        for (x, y), n in zip(at, side)
    ]
    return np.asarray(page), boxes


def test_a_small_face_is_found_in_the_second_search(encode):
    page, (box,) = page_of_faces([105], [(600, 500)])
    once = FaceCutter(FaceSettings(detect_fine_side=0)).cut(encode(page))
    twice = FaceCutter(FaceSettings()).cut(encode(page))
    assert not hits(once, box) and len(hits(twice, box)) == 1 == len(twice.faces)


def test_what_both_searches_find_is_one_face(encode):
    page, boxes = page_of_faces([400, 105, 300], [(50, 50), (900, 200), (700, 900)])
    result = FaceCutter(FaceSettings()).cut(encode(page))
    assert [len(hits(result, box)) for box in boxes] == [1, 1, 1] and len(result.faces) == 3


def test_a_portrait_is_searched_once(encode, monkeypatch):
    cutter, sides = FaceCutter(FaceSettings()), []
    grey = DecodedPicture.grey
    monkeypatch.setattr(
        DecodedPicture, "grey", lambda self, side: sides.append(side) or grey(self, side)
    )
    portrait, _ = page_of_faces([700], [(300, 300)])
    crowd, _ = page_of_faces([700, 400], [(50, 50), (850, 850)])
    for picture, searched in ((portrait, [400]), (crowd, [400, 640])):
        sides.clear()
        cutter.cut(encode(picture))
        assert sides == searched
