from __future__ import annotations

import importlib
import shutil
import sqlite3
from urllib.parse import unquote

import pytest
from PIL import Image

from crawler.dataset import build, rebuild, rebuild_from_manifest, verify
from crawler.faces import FaceSettings
from crawler.fetch import Answer, FetchError
from crawler.shared.errors import UserError


@pytest.fixture
def fetch(pictures):
    """Serves the pictures and remembers what it was asked for."""

    def serve(url, referer):
        serve.asked.append((url, referer))
        if url in serve.gone:
            raise FetchError(Answer.MISSING, url)
        return serve.instead.get(url) or (pictures / unquote(url[len("file:") :])).read_bytes()

    serve.asked, serve.gone, serve.instead = [], set(), {}
    return serve


def test_the_same_bytes_come_out(data_set, snap):
    before = snap(data_set)
    for path in (data_set / "faces").iterdir():
        path.unlink()
    (data_set / "sheet.png").unlink()
    report = rebuild(data_set, processes=2)
    assert report.problems == []
    assert report.n_faces == len(list((data_set / "faces").iterdir()))
    assert snap(data_set) == before


def test_other_settings_take_their_place_and_back(data_set, snap):
    before = snap(data_set)
    rebuild(data_set, face_settings=FaceSettings(profile="tight", min_face_px=120))
    assert verify(data_set) == []
    there = snap(data_set)
    assert any(name.startswith("quarantine/too_small/") for name in there)
    rebuild(data_set, face_settings=FaceSettings(profile="wide"))
    assert snap(data_set) == before


def test_rejects_are_honoured(data_set):
    face, *_ = sorted((data_set / "faces").iterdir())
    (data_set / "rejects.txt").write_text(face.stem)
    rebuild(data_set)
    assert not face.exists()
    assert (data_set / "quarantine" / "rejected" / face.name).exists()


def test_an_original_that_is_gone_keeps_its_faces(data_set, snap):
    before = snap(data_set)
    with sqlite3.connect(data_set / "archive.sqlite") as archive:
        archive.execute("UPDATE images SET path = '/nowhere' WHERE url = 'file:figure2.png'")
    archive.close()
    assert rebuild(data_set).problems == ["/nowhere of file:figure2.png: missing"]
    assert snap(data_set) == before


@pytest.fixture
def lose(data_set):
    """Lets pictures be gone, and come back if their names are given again."""

    def move(old, new, *names):
        with sqlite3.connect(data_set / "archive.sqlite") as archive:
            for name in names:
                archive.execute(
                    "UPDATE images SET path = replace(path, ?, ?) WHERE url = ?",
                    (old, new, f"file:{name}"),
                )
        archive.close()

    return move


def sizes(folder):
    found = set()
    for path in folder.glob("*.png"):
        with Image.open(path) as face:
            found.add(face.size)
    return found


@pytest.mark.parametrize("is_interrupted", [False, True])
def test_faces_that_cannot_be_cut_anew_leave_the_set(
    data_set, snap, lose, monkeypatch, is_interrupted
):
    before = snap(data_set)
    lose("figure", "gone/figure", "figure2.png", "figure3.png")
    larger = FaceSettings(profile="wide", size=128)
    if is_interrupted:
        with monkeypatch.context() as patch:
            patch.setattr(
                importlib.import_module("crawler.dataset.rebuild"), "outdate_faces", stop
            )
            with pytest.raises(KeyboardInterrupt):
                rebuild(data_set, face_settings=larger)
        report = rebuild(data_set)
    else:
        report = rebuild(data_set, face_settings=larger)
    assert len(report.problems) == report.n_outdated == 2
    n_faces = sum(name.startswith("faces/") for name in before)
    assert report.n_faces == n_faces - 2
    assert sizes(data_set / "faces") == {(128, 128)}
    outdated = sorted((data_set / "quarantine" / "outdated").iterdir())
    assert len(outdated) == 2 and verify(data_set) == report.problems

    # Not even a pardon mixes them in; their pictures do bring them back.
    rejects = data_set / "rejects.txt"
    rejects.write_text(f"{rejects.read_text()}!{outdated[0].stem}\n")
    assert build(data_set).quarantine["outdated"] == 2
    lose("gone/figure", "figure", "figure2.png", "figure3.png")
    assert rebuild(data_set).n_faces == n_faces
    assert sizes(data_set / "faces") == {(128, 128)} and verify(data_set) == []


def test_other_settings_without_any_picture_change_nothing(data_set, snap):
    before = snap(data_set)
    with sqlite3.connect(data_set / "archive.sqlite") as archive:
        archive.execute("UPDATE images SET path = '/nowhere' WHERE path IS NOT NULL")
    archive.close()
    with pytest.raises(UserError, match="none of the .* pictures .* put them back"):
        rebuild(data_set, face_settings=FaceSettings(profile="wide", size=128))
    build(data_set)
    assert snap(data_set) == before


def stop(*args):
    raise KeyboardInterrupt


def test_an_interrupted_rebuild_is_remembered(data_set, snap, monkeypatch):
    before = snap(data_set)

    with monkeypatch.context() as patch:
        patch.setattr(importlib.import_module("crawler.dataset.storing"), "write_face", stop)
        with pytest.raises(KeyboardInterrupt):
            rebuild(data_set)
    with pytest.raises(UserError, match="rebuild of .* was interrupted"):
        build(data_set)
    rebuild(data_set)
    assert snap(data_set) == before


def without_archive(snapshot):
    """What a set that comes from a manifest shares with the one that the manifest is of."""
    return {
        name: sha256
        for name, sha256 in snapshot.items()
        if not name.startswith(("quarantine/", "rejects.txt", "originals/"))
    }


def test_a_manifest_alone_gives_the_same_set(data_set, tmp_path, fetch, snap):
    other = tmp_path / "other"
    report = rebuild_from_manifest(data_set / "manifest.jsonl", other, fetch)
    assert report.problems == []
    assert without_archive(snap(other)) == without_archive(snap(data_set))
    assert verify(other) == []
    urls = [url for url, _ in fetch.asked]
    assert "file:figure1.png" in urls
    assert "file:copy.jpg" not in urls  # its face is not in the set
    assert all(referer == url for url, referer in fetch.asked)  # a folder's pages are its files
    fetch.asked.clear()
    rebuild_from_manifest(other / "manifest.jsonl", other, fetch)
    assert fetch.asked == []


def test_what_the_site_no_longer_has_is_told_and_tried_again(data_set, tmp_path, fetch, snap):
    other = tmp_path / "other"
    fetch.gone.add("file:figure1.png")
    fetch.instead["file:figure2.png"] = (data_set / "sheet.png").read_bytes()
    report = rebuild_from_manifest(data_set / "manifest.jsonl", other, fetch)
    assert sorted(report.problems) == [
        "file:figure1.png: missing",
        "file:figure2.png: the site sent another picture than the manifest's",
    ]
    assert not (other / "sheet.png").exists()
    fetch.gone.clear(), fetch.instead.clear(), fetch.asked.clear()
    assert rebuild_from_manifest(other / "manifest.jsonl", other, fetch).problems == []
    assert sorted(url for url, _ in fetch.asked) == ["file:figure1.png", "file:figure2.png"]
    assert without_archive(snap(other)) == without_archive(snap(data_set))


def test_a_face_that_comes_out_differently_is_told(data_set, tmp_path, fetch):
    manifest = tmp_path / "manifest.jsonl"
    text = (data_set / "manifest.jsonl").read_text()
    manifest.write_text(
        text.replace('"min_face_px":64', '"min_face_px":64,"margin":1.6').replace(
            '"margin":null,', ""
        )
    )
    report = rebuild_from_manifest(manifest, tmp_path / "other", fetch)
    assert report.n_faces == 0
    assert all("came out differently" in problem for problem in report.problems)


def test_a_manifest_does_not_mix_with_a_crawl(data_set, tmp_path, fetch):
    with pytest.raises(UserError, match="was crawled, and a set from a manifest would mix"):
        rebuild_from_manifest(data_set / "manifest.jsonl", data_set, fetch)


def test_settings_of_another_version_are_told(data_set, tmp_path, fetch):
    manifest = tmp_path / "manifest.jsonl"
    shutil.copyfile(data_set / "manifest.jsonl", manifest)
    manifest.write_text(manifest.read_text().replace('"min_face_px"', '"smallest_face"'))
    with pytest.raises(UserError, match="does not say how its faces were cut.*smallest_face"):
        rebuild_from_manifest(manifest, tmp_path / "other", fetch)
