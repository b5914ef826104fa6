from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from crawler.dataset import BuildSettings, build, export
from crawler.shared.errors import UserError


def test_a_zip_holds_every_face_and_the_manifest(data_set, tmp_path):
    n_faces = export(data_set, tmp_path / "set.zip")
    with zipfile.ZipFile(tmp_path / "set.zip") as archive:
        names = archive.namelist()
        assert archive.read("manifest.jsonl") == (data_set / "manifest.jsonl").read_bytes()
        for path in (data_set / "faces").iterdir():
            assert archive.read(path.name) == path.read_bytes()
    assert len(names) == n_faces + 1
    export(data_set, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "set.zip").read_bytes()


def test_an_npz_holds_one_array(data_set, tmp_path):
    build(data_set, BuildSettings(test_share=0.3))
    n_faces = export(data_set, tmp_path / "set.npz")
    split = json.loads((data_set / "split.json").read_text())
    with np.load(tmp_path / "set.npz", allow_pickle=False) as arrays:
        images, ids, is_test = arrays["images"], arrays["ids"], arrays["is_test"]
    assert images.shape == (n_faces, 3, 64, 64)
    assert images.dtype == np.uint8
    assert ids[is_test].tolist() == split["test"] != []
    png = (data_set / "faces" / f"{ids[1]}.png").read_bytes()
    assert np.array_equal(images[1].transpose(1, 2, 0), np.asarray(Image.open(io.BytesIO(png))))
    assert export(data_set, tmp_path / "test.npz", split="test") == len(split["test"])


@pytest.mark.parametrize(
    ("name", "split", "sentence"),
    [
        ("set.tar", "all", "neither in .zip nor in .npz"),
        ("nowhere/set.zip", "all", "there is no folder"),
        ("set.zip", "test", "no face to export"),
    ],
)
def test_what_is_wrong_is_told(data_set, tmp_path, name, split, sentence):
    build(data_set, BuildSettings(test_share=0))
    with pytest.raises(UserError, match=sentence):
        export(data_set, tmp_path / name, split=split)
    assert not list(tmp_path.glob("set.*"))


def test_a_missing_face_is_told(data_set, tmp_path):
    next((data_set / "faces").iterdir()).unlink()
    with pytest.raises(UserError, match="is missing: run `verify`"):
        export(data_set, tmp_path / "set.npz")
    assert not list(tmp_path.glob("set.*"))
