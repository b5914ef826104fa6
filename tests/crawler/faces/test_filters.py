from __future__ import annotations

import cv2
import numpy as np
import pytest

from crawler.faces import REASONS, Face, FaceSettings
from crawler.faces.crop import Crop
from crawler.faces.filters import chroma, reject_reason, sharpness
from crawler.faces.selftest import draw_face
from crawler.shared.errors import UserError

GOOD = cv2.resize(draw_face()[60:280, 40:260], (64, 64), interpolation=cv2.INTER_AREA)
BOX = (10, 10, 100, 100)


def judged(face=GOOD, box=BOX, side=100.0, border_share=0.0, **settings):
    return reject_reason(Face(box, 1.0), Crop(face, side, border_share), FaceSettings(**settings))


def test_a_good_face_passes():
    assert judged() is None


@pytest.mark.parametrize(
    ("reason", "bad", "excused"),
    [
        ("too_small", {"side": 63.0}, {"min_face_px": 63}),
        ("aspect", {"box": (10, 10, 100, 160)}, {"max_aspect": 1.7}),
        ("border", {"border_share": 0.11}, {"max_border_share": 0.12}),
        ("grey", {"face": np.repeat(GOOD[:, :, :1], 3, axis=2)}, {"min_chroma": 0}),
        ("blurred", {"face": cv2.GaussianBlur(GOOD, (0, 0), 4)}, {"min_sharpness": 1}),
    ],
)
def test_each_reason(reason, bad, excused):
    assert reason in REASONS
    assert judged(**bad) == reason
    assert judged(**bad, **excused) is None


def test_every_reason_is_tried():
    assert len(REASONS) == 5


def test_measures_by_hand():
    face = np.zeros((4, 4, 3), np.uint8)
    face[:2] = (10, 50, 30)
    assert chroma(face) == 20
    spot = np.zeros((5, 5, 3), np.uint8)
    spot[2, 2] = 100  # the Laplacian: -400 there, 100 at its four neighbours, mean 0
    assert sharpness(spot) == pytest.approx((400**2 + 4 * 100**2) / 25)


@pytest.mark.parametrize(
    "wrong",
    [{"profile": "wider"}, {"margin": 9.0}, {"size": 4}, {"min_face_px": 0}]
    + [{"detect_long_side": 10}],
)
def test_settings_that_make_no_sense(wrong):
    with pytest.raises(UserError, match=f"--{next(iter(wrong)).replace('_', '-')}"):
        FaceSettings(**wrong)


def test_settings_survive_json():
    import dataclasses
    import json

    settings = FaceSettings(profile="wide", margin=1.7)
    assert FaceSettings(**json.loads(json.dumps(dataclasses.asdict(settings)))) == settings
    assert settings.layout.margin == 1.7
