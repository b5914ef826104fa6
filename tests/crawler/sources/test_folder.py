import os

import pytest
from site_helpers import QUICK, FakeClock, rows
from sites.pictures import one_pixel, picture

from crawler.__main__ import main
from crawler.archive import Archive
from crawler.faces import FacePool, FaceSettings
from crawler.goals import Goals
from crawler.loop import Crawl
from crawler.schema import PageRow
from crawler.shared.errors import UserError
from crawler.sources.folder import Folder


def crawl_folder(folder, pictures, goals=None):
    """Crawls a folder of pictures into ``folder``; returns why it ended and the archive."""
    settings = FaceSettings()
    with FacePool(settings) as pool, Archive(folder, create=True) as archive:
        source = Folder(pictures, QUICK)
        crawl = Crawl(
            archive,
            source,
            pool,
            settings,
            goals=goals or Goals(),
            clock=FakeClock(),
            stop_asked=lambda: False,
        )
        return crawl.everything()


@pytest.fixture
def pictures(tmp_path):
    root = tmp_path / "pictures"
    (root / "sub").mkdir(parents=True)
    (root / "b.jpg").write_bytes(picture(1))
    (root / "a.PNG").write_bytes(picture(2, kind="PNG"))
    (root / "sub" / "c #1.jpg").write_bytes(picture(3))
    (root / "sub" / "same.jpg").write_bytes(picture(1))
    (root / "broken.jpg").write_bytes(picture(4)[:3000])
    (root / "page.jpg").write_bytes(b"<html></html>")
    (root / "dot.gif").write_bytes(one_pixel())
    (root / "empty.jpg").write_bytes(b"")
    (root / "boxes.json").write_text("{}")
    return root


def test_every_picture_is_a_post_and_each_bad_one_is_named(tmp_path, pictures):
    before = {path: path.read_bytes() for path in pictures.rglob("*") if path.is_file()}
    crawl_folder(tmp_path / "set", pictures)
    with Archive(tmp_path / "set") as archive:
        found = rows(
            archive,
            "SELECT post_id, group_key, url, images.state, images.reason FROM images "
            "JOIN posts ON posts.id = images.post ORDER BY images.id",
        )
        assert found == [
            ("a.PNG", "folder:a", "file:a.PNG", "cut", None),
            ("b.jpg", "folder:b", "file:b.jpg", "cut", None),
            ("broken.jpg", "folder:broken", "file:broken.jpg", "cut", "unreadable"),
            ("dot.gif", "folder:dot", "file:dot.gif", "failed", "1x1 placeholder"),
            ("empty.jpg", "folder:empty", "file:empty.jpg", "failed", "0 bytes"),
            ("page.jpg", "folder:page", "file:page.jpg", "failed", "HTML instead of an image"),
            ("sub/c #1.jpg", "folder:sub/c #1", "file:sub/c%20%231.jpg", "cut", None),
            ("sub/same.jpg", "folder:sub/same", "file:sub/same.jpg", "duplicate")
            + ("same bytes as an earlier one",),
        ]
        assert archive.n_faces() == 3
    assert not (tmp_path / "set" / "originals").exists()
    assert before == {path: path.read_bytes() for path in pictures.rglob("*") if path.is_file()}


def test_a_second_look_takes_only_what_is_new(tmp_path, pictures):
    crawl_folder(tmp_path / "set", pictures)
    (pictures / "new.jpg").write_bytes(picture(9))
    crawl_folder(tmp_path / "set", pictures)
    with Archive(tmp_path / "set") as archive:
        assert archive.n_faces() == 4
        assert rows(archive, "SELECT count(*) FROM posts") == [(9,)]


def test_a_goal_of_faces_is_met_exactly_and_raised_later(tmp_path, pictures):
    assert crawl_folder(tmp_path / "set", pictures, Goals(faces=1)) == "1 faces are reached"
    with Archive(tmp_path / "set") as archive:
        assert archive.n_faces() == 1
    crawl_folder(tmp_path / "set", pictures)
    with Archive(tmp_path / "set") as archive:
        assert archive.n_faces() == 3


def n_listed(pictures, **more):
    reading = Folder(pictures, QUICK, **more).read(PageRow(0, 0, "folder", "file:", {}))
    return len(reading.posts)


def test_what_lies_below_a_folder_of_its_own_is_left_out(pictures):
    assert n_listed(pictures) == 8
    assert n_listed(pictures, but_not=[pictures / "sub"]) == 6
    # Where all pictures lie below it, the folder was asked for by name.
    assert n_listed(pictures / "sub", but_not=[pictures, pictures / "sub"]) == 2
    assert n_listed(pictures, but_not=[pictures / "su", pictures / "nowhere"]) == 8


@pytest.mark.parametrize("data_root", ["datasets", "."])
def test_a_second_look_does_not_take_what_the_first_wrote(pictures, monkeypatch, data_root):
    monkeypatch.chdir(pictures)
    command = ["folder", ".", "--processes", "1", "--data-root", data_root]
    for _ in range(2):
        assert main(command) == 0
        with Archive(pictures / data_root / "mine") as archive:
            assert rows(archive, "SELECT count(*) FROM posts") == [(8,)]


def test_a_name_that_is_not_utf8_is_left_out_and_said(tmp_path, pictures, capsys):
    try:
        with open(os.path.join(os.fsencode(pictures), b"caf\xe9.jpg"), "wb") as file:
            file.write(picture(7))
    except OSError:
        pytest.skip("this disk knows no such names")
    root = ["--data-root", str(tmp_path / "data"), "--processes", "1"]
    assert main(["folder", str(pictures), *root]) == 0
    said = capsys.readouterr().err
    assert "1 pictures are left out, as their names are not UTF-8 ('caf\\udce9.jpg' is" in said
    with Archive(tmp_path / "data" / "mine") as archive:
        assert rows(archive, "SELECT count(*) FROM posts") == [(8,)]

    odd = os.fsdecode(os.path.join(os.fsencode(tmp_path), b"caf\xe9"))
    os.rename(pictures, odd)
    assert main(["folder", odd, "--name", "odd", *root]) == 2
    said = capsys.readouterr().err
    assert "is not UTF-8" in said and said.count("\n") == 1


@pytest.mark.parametrize("kind", ["missing", "a file", "no picture"])
def test_a_folder_without_pictures_is_one_sentence(tmp_path, kind):
    path = tmp_path / "x"
    if kind == "a file":
        path.write_bytes(b"x")
    elif kind == "no picture":
        path.mkdir()
        (path / "notes.txt").write_text("x")
    with pytest.raises(UserError, match="give the folder that holds"):
        crawl_folder(tmp_path / "set", path)


def test_a_picture_that_went_away_is_a_failure(tmp_path, pictures):
    crawl_folder(tmp_path / "set", pictures, Goals(max_items=1))
    os.remove(pictures / "b.jpg")
    crawl_folder(tmp_path / "set", pictures)
    with Archive(tmp_path / "set") as archive:
        assert ("file:b.jpg", "missing", 1) in archive.failures()
