"""A data set that version 0.1 built is taken as it is."""

import json
import zipfile
from pathlib import Path

import pytest

from chainer_gan_anime.data.dataset import load_faces
from crawler.__main__ import main

SET = Path(__file__).parent / "version_0_1.zip"


@pytest.fixture
def data_root(tmp_path):
    with zipfile.ZipFile(SET) as archive:
        archive.extractall(tmp_path / "sets" / "mine")
    return tmp_path / "sets"


def test_its_faces_are_trained_on(data_root):
    faces = load_faces("mine", 64, data_root, cache=False)
    assert faces.images.shape == (4, 3, 64, 64) and not faces.unreadable
    assert faces.images.std() > 0


def test_status_verify_and_build_go_on_with_it(data_root, capsys):
    place = ["mine", "--data-root", str(data_root)]
    assert main(["status", *place]) == 0
    assert "4" in capsys.readouterr().out
    assert main(["verify", *place]) == 1
    found = capsys.readouterr().out.splitlines()  # of all, only the originals are elsewhere
    assert len([line for line in found if line.endswith(".png: missing")]) == 4
    before = (data_root / "mine/manifest.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    assert main(["build", *place]) == 0
    after = (data_root / "mine/manifest.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    assert len(before) == 4
    assert [json.loads(s)["id"] for s in after] == [json.loads(s)["id"] for s in before]
