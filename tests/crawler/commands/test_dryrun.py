"""What --dry-run says of a set that was begun; that it writes nothing is in test_commands.py."""

import pytest
from site_helpers import fingerprint
from sites.getchu import GetchuSite, some_titles
from sites.pictures import picture
from sites.safebooru import Post, SafebooruSite

from crawler.__main__ import main

QUICK = ["--rate", "1000", "--jitter", "0"]


@pytest.fixture
def tell(tmp_path, monkeypatch, capsys):
    """Runs a command and returns what it said."""
    monkeypatch.setenv("ANIME_DATA_ROOT", str(tmp_path / "data"))

    def run(*argv):
        assert main([str(arg) for arg in argv]) == 0
        return capsys.readouterr().out

    return run


def test_of_safebooru_an_update_tells_what_is_new(tell, tmp_path):
    posts = [Post(5_000_000 + 7 * i) for i in range(30)]
    with SafebooruSite(posts[:25]) as site:
        crawl = ["safebooru", "--base-url", site.url, "--allow-private", "--tags", "1girl"]
        tell(*crawl, "--rows", "10", *QUICK)
        before = fingerprint(tmp_path / "data" / "safebooru")
        site.posts = [*posts[:-1], Post(posts[-1].id, tags="comic")]
        n_requests = len(site.log)
        said = tell("update", "safebooru", "--dry-run", "--stop-after-known", "10", *QUICK)
        assert "until 10 known in a row: 5 of the first 10 are new, so about 6 requests" in said
        assert f"id={posts[-1].id}\n" in said and f"id={posts[0].id}\n" not in said
        assert len(site.log) - n_requests == 2  # robots.txt and the newest list
        site.posts += [Post(6_000_000 + i) for i in range(10)]
        said = tell("update", "safebooru", "--dry-run", "--max-items", "3", *QUICK)
        assert "10 of the first 10 are new, so at least 24 requests" in said
    assert fingerprint(tmp_path / "data" / "safebooru") == before


def test_of_getchu_an_update_tells_what_is_new(tell):
    titles = some_titles([(2017, 1), (2017, 2)], n=6)
    with GetchuSite(titles[:-1]) as site:
        months = ["--since", "2017", "--until", "2017-02"]
        tell("getchu", "--base-url", site.url, "--allow-private", *months, *QUICK)
        site.titles = titles
        said = tell("update", "getchu", "--dry-run", "--stop-after-known", "6", *QUICK)
    assert "1 of the first " in said and f"/item/{titles[-1].id}/" in said


def test_of_a_folder_an_update_tells_what_is_new(tell, tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.jpg").write_bytes(picture(1))
    tell("folder", tmp_path / "p", "--processes", "1")
    (tmp_path / "p" / "b.jpg").write_bytes(picture(2))
    said = tell("update", "mine", "--dry-run")
    assert "1 new pictures, without a request:\n  file:b.jpg\n" in said


def test_a_goal_of_faces_is_not_passed_over(tell, tmp_path):
    (tmp_path / "p").mkdir()
    for seed in range(2):
        (tmp_path / "p" / f"{seed}.jpg").write_bytes(picture(seed))
    folder = ["folder", tmp_path / "p", "--processes", "1"]
    assert "--faces 5 may end it" in tell(*folder, "--dry-run", "--faces", "5")
    tell(*folder)
    said = tell(*folder, "--dry-run", "--faces", "2")
    assert "has 2 faces, as many as --faces asks for" in said and "would" not in said
