from __future__ import annotations

import dataclasses
import io
import json
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from crawler.dataset import BuildSettings, build, export
from crawler.dataset.labels import dataset_json
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


def test_faces_of_unequal_size_make_no_array(data_set, tmp_path):
    face = sorted((data_set / "faces").iterdir())[3]
    with Image.open(face) as picture:
        picture.resize((128, 96)).save(face)
    with pytest.raises(UserError, match=f"{face.stem} is 128x96 pixels and .* 64x64, .*rebuild"):
        export(data_set, tmp_path / "set.npz")
    assert not list(tmp_path.glob("set.*"))
    export(data_set, tmp_path / "set.zip")


def test_a_missing_face_is_told(data_set, tmp_path):
    next((data_set / "faces").iterdir()).unlink()
    with pytest.raises(UserError, match="is missing: run `verify`"):
        export(data_set, tmp_path / "set.npz")
    assert not list(tmp_path.glob("set.*"))


def test_shards_hold_a_picture_and_its_facts(data_set, tmp_path):
    n_faces = export(data_set, tmp_path / "set-%06d.tar")
    with tarfile.open(tmp_path / "set-000000.tar") as archive:
        names = archive.getnames()
        first = names[0].removesuffix(".png")
        assert names[:2] == [f"{first}.png", f"{first}.json"] and len(names) == 2 * n_faces
        png = (data_set / "faces" / f"{first}.png").read_bytes()
        assert archive.extractfile(names[0]).read() == png
        assert json.loads(archive.extractfile(names[1]).read())["id"] == first
    before = (tmp_path / "set-000000.tar").read_bytes()
    export(data_set, tmp_path / "set-%06d.tar")
    assert (tmp_path / "set-000000.tar").read_bytes() == before


def test_a_table_opens_with_its_pictures(data_set, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    n_faces = export(data_set, tmp_path / "set.parquet")
    table = parquet.read_table(tmp_path / "set.parquet")
    rows = table.to_pylist()
    assert len(rows) == n_faces and {row["split"] for row in rows} <= {"train", "test"}
    for row in rows:
        path = data_set / "faces" / row["image"]["path"]
        assert row["image"]["bytes"] == path.read_bytes()
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features.keys() == set(table.column_names) and features["image"] == {"_type": "Image"}


def test_labels_are_the_tags_that_tell_faces_apart(record):
    tags = ["1girl a b", "1girl a", "1girl b", "1girl"]
    records = [dataclasses.replace(record, tags=words) for words in tags]
    found = json.loads(dataset_json(records, list("wxyz")))
    assert found["tags"] == ["a", "b"]
    assert found["labels"] == [["w", [1, 1]], ["x", [1, 0]], ["y", [0, 1]], ["z", [0, 0]]]
    assert dataset_json([dataclasses.replace(record, tags=None)] * 3, list("xyz")) is None
