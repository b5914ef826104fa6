from __future__ import annotations

import dataclasses
import json

import pytest
from PIL import Image

from crawler.__main__ import main
from crawler.archive import Archive
from crawler.dataset import BuildSettings, build
from crawler.dataset.manifest import read_manifest
from crawler.shared.errors import UserError


def ids(folder):
    return sorted(path.stem for path in folder.glob("*.png"))


def test_what_a_build_leaves(data_set):
    about, records = read_manifest(data_set / "manifest.jsonl")
    assert about["name"] == "mine"
    assert about["settings"]["faces"]["profile"] == "wide"
    assert about["faces"] == len(records) >= 8
    assert [record.id for record in records] == ids(data_set / "faces")
    assert ids(data_set / "quarantine" / "near_duplicate")
    assert about["quarantine"]["near_duplicate"] == 1
    record = records[0]
    assert record.image_url.startswith("file:")
    assert (record.image_width, record.image_height) == (300, 600)
    assert record.profile == "wide"
    assert len(record.detector_sha256) == 64
    split = json.loads((data_set / "split.json").read_text())
    assert sorted(split["train"] + split["test"]) == ids(data_set / "faces")
    statistics = json.loads((data_set / "statistics.json").read_text())
    assert statistics["faces"] == len(records)
    with Image.open(data_set / "sheet.png") as sheet:
        assert sheet.size == (5 * 66 - 2, -(-len(records) // 5) * 66 - 2)
    assert "/" + str(data_set).split("/")[1] not in (data_set / "manifest.jsonl").read_text()


def test_of_near_duplicates_the_larger_stays(data_set):
    (gone,) = ids(data_set / "quarantine" / "near_duplicate")
    with Archive(data_set) as archive:
        url, side = archive.connection.execute(
            "SELECT url, w FROM faces JOIN images ON images.id = image_id WHERE faces.id = ?",
            (gone,),
        ).fetchone()
        (kept_side,) = archive.connection.execute(
            "SELECT w FROM faces JOIN images ON images.id = image_id WHERE url LIKE '%figure0%'"
        ).fetchone()
    assert url.endswith("copy.jpg")
    assert kept_side > side


def test_duplicates_and_posts_of_a_group_share_a_side(data_set):
    with Archive(data_set, lock=True) as archive:
        archive.connection.execute(
            "UPDATE posts SET group_key = 'title' WHERE post_id IN ('figure3.png', 'copy.jpg')"
        )
    build(data_set, BuildSettings(test_share=0.5))
    _, records = read_manifest(data_set / "manifest.jsonl")
    group = {record.post_id: record.group for record in records}
    # figure0 is near the copy, which is in quarantine but of figure3's title.
    assert group["figure0.png"] == group["figure3.png"] == "folder:figure0"
    assert len({record.split for record in records}) == 2
    assert len({(r.group, r.split) for r in records}) == len({r.group for r in records})


def test_building_again_changes_nothing(data_set, snap):
    before = snap(data_set)
    report = build(data_set)
    assert snap(data_set) == before
    assert f"{report.n_faces} faces" in str(report)
    build(data_set, BuildSettings(duplicate_radius=0, group_radius=0))
    assert not ids(data_set / "quarantine" / "near_duplicate")
    build(data_set, BuildSettings())
    assert snap(data_set) == before


def test_what_the_flags_said_is_remembered(data_set, pictures, snap):
    where = ["--data-root", str(data_set.parent)]
    assert main(["build", "mine", *where, "--duplicate-radius", "0", "--test-share", ".3"]) == 0
    assert main(["build", "mine", *where, "--seed", "7"]) == 0
    about, _ = read_manifest(data_set / "manifest.jsonl")
    wanted = BuildSettings(duplicate_radius=0, test_share=0.3, seed=7)
    assert about["settings"]["build"] == dataclasses.asdict(wanted)
    before = snap(data_set)
    for command in (["build", "mine"], ["rebuild", "mine"], ["folder", str(pictures)]):
        assert main([*command, *where]) == 0
        assert snap(data_set) == before


def test_flags_that_make_no_sense_are_not_remembered(data_set, snap, capsys):
    before = snap(data_set)
    where = ["--data-root", str(data_set.parent)]
    assert main(["build", "mine", *where, "--test-share", "2"]) == 2
    assert "a test share of 2.0" in capsys.readouterr().err
    build(data_set)
    assert snap(data_set) == before


def test_rejects_by_list_by_picture_and_by_hand(data_set, snap):
    before = snap(data_set)
    by_list, by_picture, by_hand, *_ = ids(data_set / "faces")
    rejects = data_set / "rejects.txt"
    empty = rejects.read_text()
    rejects.write_text(f"{empty}{by_list}.png  # a hat\n{by_picture.partition('-')[0]}ffff\n")
    (data_set / "quarantine" / "rejected").mkdir()
    (data_set / "faces" / f"{by_hand}.png").rename(
        data_set / "quarantine" / "rejected" / f"{by_hand}.png"
    )
    assert build(data_set).quarantine["rejected"] == 3
    assert ids(data_set / "quarantine" / "rejected") == [by_list, by_picture, by_hand]
    assert rejects.read_text().endswith(f"{by_hand}\n")
    assert build(data_set).quarantine["rejected"] == 3
    rejects.write_text(empty)
    build(data_set)
    assert snap(data_set) == before


def test_a_reject_makes_room_for_its_duplicate(data_set):
    (gone,) = ids(data_set / "quarantine" / "near_duplicate")
    with Archive(data_set) as archive:
        (kept,) = archive.connection.execute(
            "SELECT faces.id FROM faces JOIN images ON images.id = image_id "
            "WHERE url LIKE '%figure0%'"
        ).fetchone()
    (data_set / "rejects.txt").write_text(kept)
    build(data_set)
    assert gone in ids(data_set / "faces")
    assert kept not in ids(data_set / "faces")


def test_a_reject_that_names_nothing_is_told(data_set):
    (data_set / "rejects.txt").write_text("# fine\nfigure0.png\n")
    with pytest.raises(UserError, match="line 2 of .*rejects.txt is neither"):
        build(data_set)


def test_strays_do_not_reach_training(data_set, snap):
    before = snap(data_set)
    (data_set / "faces" / "0000000000000000-0.png").write_bytes(b"left over")
    build(data_set)
    after = snap(data_set)
    assert after.pop("quarantine/stray/0000000000000000-0.png")
    assert after == before


def test_a_missing_face_is_told(data_set):
    victim = ids(data_set / "faces")[2]
    (data_set / "faces" / f"{victim}.png").unlink()
    with pytest.raises(UserError, match=f"1 faces have no file .*{victim}.*rebuild"):
        build(data_set)


def test_a_move_that_was_interrupted_is_finished(data_set, snap):
    before = snap(data_set)
    (gone,) = ids(data_set / "quarantine" / "near_duplicate")
    (data_set / "quarantine" / "near_duplicate" / f"{gone}.png").rename(
        data_set / "faces" / f"{gone}.png"
    )
    build(data_set)
    assert snap(data_set) == before


def test_nothing_to_build(tmp_path):
    with pytest.raises(UserError, match="no archive.sqlite"):
        build(tmp_path)
    with Archive(tmp_path / "new", create=True):
        pass
    with pytest.raises(UserError, match="no face in"):
        build(tmp_path / "new")


def test_settings_that_make_no_sense():
    with pytest.raises(UserError, match="radius"):
        BuildSettings(duplicate_radius=8)
    with pytest.raises(UserError, match="test share"):
        BuildSettings(test_share=1)
