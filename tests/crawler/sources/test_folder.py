import os

import pytest
from site_helpers import QUICK, FakeClock, rows
from sites.pictures import one_pixel, picture

from crawler.archive import Archive
from crawler.faces import FacePool, FaceSettings
from crawler.loop import Crawl, Goals
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
