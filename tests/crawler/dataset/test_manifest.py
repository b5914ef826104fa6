from __future__ import annotations

import dataclasses
import json

import pytest

from crawler.dataset.manifest import read_manifest, write_manifest
from crawler.shared.errors import UserError

ABOUT = {"name": "set", "settings": {"build": {"seed": 0}}, "faces": 2}


@pytest.fixture
def path(tmp_path, record):
    path = tmp_path / "manifest.jsonl"
    write_manifest(path, ABOUT, [record, dataclasses.replace(record, id="0123456789abcdef-1")])
    return path


def test_it_is_read_as_it_was_written(path, record):
    about, (first, second) = read_manifest(path)
    assert about == ABOUT
    assert first == record
    assert second.id == "0123456789abcdef-1"
    assert len(path.read_bytes().rstrip(b"\n").split(b"\n")) == 3


def changed(path, line, **fields):
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[line] = json.dumps({**json.loads(lines[line]), **fields})
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.mark.parametrize(
    ("line", "fields", "sentence"),
    [
        (0, {"version": 2}, "of version 2 and this crawler reads version 1"),
        (0, {"format": "other"}, "is no manifest of faces"),
        (0, {"faces": 3}, "promises 3 faces and holds 2"),
        (1, {"id": "../../etc/passwd"}, "line 2 of .* is not a face"),
        (1, {"image_sha256": "../" * 21 + "a"}, "line 2 of .* is not a face"),
        (2, {"colour": 1}, "line 3 of .* is not a face .*colour"),
        (2, {"id": 7}, "line 3 of .* is not a face"),
    ],
)
def test_what_is_wrong_is_told(path, line, fields, sentence):
    changed(path, line, **fields)
    with pytest.raises(UserError, match=sentence):
        read_manifest(path)


def test_half_a_manifest_is_told(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 40])
    with pytest.raises(UserError, match="line 3 of .* is not JSON"):
        read_manifest(path)
    path.write_bytes(b"")
    with pytest.raises(UserError, match="line 1 of .* is not JSON"):
        read_manifest(path)
    path.unlink()
    with pytest.raises(UserError, match="cannot be read"):
        read_manifest(path)
