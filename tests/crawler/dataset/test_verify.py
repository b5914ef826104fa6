from __future__ import annotations

import sqlite3

import pytest

from crawler.dataset import verify
from crawler.shared.errors import UserError


def test_a_built_set_is_as_it_should_be(data_set):
    assert verify(data_set) == []


def test_each_difference_is_told(data_set):
    changed, missing, *_ = sorted((data_set / "faces").iterdir())
    changed.write_bytes(changed.read_bytes() + b"\0")
    missing.unlink()
    (data_set / "faces" / "extra.png").write_bytes(b"")
    (data_set / "split.json").write_text("{}")
    (quarantined,) = (data_set / "quarantine" / "near_duplicate").iterdir()
    quarantined.unlink()
    assert verify(data_set) == [
        f"faces/{changed.name}: sha256 differs",
        f"faces/{missing.name}: missing",
        "faces/extra.png: not in the manifest",
        f"quarantine/near_duplicate/{quarantined.name}: missing",
        "split.json: does not agree with the manifest",
    ]


def test_an_original_that_changed_is_told(data_set, tmp_path):
    with sqlite3.connect(data_set / "archive.sqlite") as archive:
        archive.execute("UPDATE images SET md5 = 'x' WHERE url = 'file:figure1.png'")
        archive.execute("UPDATE images SET path = '/nowhere' WHERE url = 'file:figure2.png'")
    archive.close()
    first, second = verify(data_set)
    assert first.endswith("figure1.png of file:figure1.png: md5 differs")
    assert second == "/nowhere of file:figure2.png: missing"


def test_an_archive_that_went_on_is_told(data_set):
    with sqlite3.connect(data_set / "archive.sqlite") as archive:
        (face_id,) = archive.execute(
            "SELECT id FROM faces WHERE state = 'accepted' ORDER BY id"
        ).fetchone()
        archive.execute(
            "UPDATE faces SET state = 'quarantined', reason = 'grey' WHERE id = ?", (face_id,)
        )
    archive.close()
    assert verify(data_set) == [
        f"{face_id}: the archive and the manifest disagree, run `build` again",
        f"quarantine/grey/{face_id}.png: missing",
    ]


def test_without_a_manifest_there_is_nothing_to_verify(tmp_path):
    with pytest.raises(UserError, match="give a data set that was built"):
        verify(tmp_path)
