import dataclasses
import errno
import itertools
import os

import pytest
from site_helpers import (
    QUICK,
    FakeClock,
    crawling,
    fingerprint,
    getchu_source,
    rows,
    safebooru_source,
    session_for,
)
from sites import faults
from sites.getchu import GetchuSite, some_titles
from sites.safebooru import Post, SafebooruSite, some_posts

from crawler.faces import FacePool, FaceSettings
from crawler.fetch import SiteStopped, Stopped
from crawler.goals import Goals

QUERY = {"tags": "1girl solo -monochrome rating:general", "rows": 7}
MONTHS = [(2017, 1), (2017, 2)]


@pytest.fixture(scope="module")
def booru():
    with SafebooruSite(some_posts(21)) as site:
        yield site


@pytest.fixture(scope="module")
def shop():
    with GetchuSite(some_titles(MONTHS)) as site:
        yield site


@pytest.fixture(autouse=True)
def behaving(booru, shop):
    for site in (booru, shop):
        site.behave()
        site.log.clear()


def source_of(site):
    if isinstance(site, GetchuSite):
        return getchu_source(MONTHS[0], MONTHS[-1])
    return safebooru_source(**QUERY)


@pytest.mark.parametrize("name", ["booru", "shop"])
def test_nothing_is_asked_for_twice_and_a_second_run_asks_nothing(request, tmp_path, name):
    site = request.getfixturevalue(name)
    with crawling(tmp_path, source_of(site), site) as (crawl, archive):
        assert crawl.everything() == "nothing is left to crawl"
        assert archive.n_faces() >= 8
    assert len(site.paths()) == len(set(site.paths()))
    before, n_requests = fingerprint(tmp_path), len(site.log)
    with crawling(tmp_path, source_of(site), site) as (crawl, _):
        assert crawl.everything() == "nothing is left to crawl"
    assert fingerprint(tmp_path) == before and len(site.log) == n_requests


@pytest.mark.parametrize("name", ["booru", "shop"])
def test_runs_of_a_few_items_add_up_to_one_run(request, tmp_path, name):
    site = request.getfixturevalue(name)
    with crawling(tmp_path / "one", source_of(site), site) as (crawl, _):
        crawl.everything()
    asked = sorted(site.paths())
    site.log.clear()
    for _ in range(30):
        goals = Goals(max_items=2)
        with crawling(tmp_path / "many", source_of(site), site, goals=goals) as (crawl, _):
            if crawl.everything() != "--max-items 2 is reached":
                break
    assert fingerprint(tmp_path / "many") == fingerprint(tmp_path / "one")
    assert sorted(site.paths()) == asked


def test_two_processes_give_the_same_set_as_one(tmp_path, shop):
    settings = FaceSettings(profile="wide")
    for n in (1, 2):
        with (
            FacePool(settings, n) as pool,
            crawling(tmp_path / str(n), source_of(shop), shop, pool=pool) as (crawl, _),
        ):
            crawl.everything()
    assert fingerprint(tmp_path / "1") == fingerprint(tmp_path / "2")


@pytest.mark.parametrize(
    ("goals", "reason"),
    [
        (Goals(faces=3), "3 faces are reached"),
        (Goals(max_bytes=30_000), "--max-bytes 30000 is reached"),
        (Goals(max_hours=0.001), "--max-hours 0.001 is reached"),
        (Goals(max_items=4), "--max-items 4 is reached"),
    ],
)
def test_goals_end_a_run_where_nothing_is_half_done(tmp_path, booru, goals, reason):
    clock = TickingClock() if goals.max_hours else None
    with crawling(tmp_path, source_of(booru), booru, goals=goals, clock=clock) as (crawl, archive):
        assert crawl.everything() == reason
        n_faces = archive.n_faces()
    assert 0 < n_faces < 12
    assert goals.faces in (None, n_faces)
    assert not list(tmp_path.rglob("*.part"))
    with crawling(tmp_path / "whole", source_of(booru), booru) as (crawl, _):
        crawl.everything()
    with crawling(tmp_path, source_of(booru), booru) as (crawl, _):
        crawl.everything()
    whole = fingerprint(tmp_path / "whole")
    found = {k: v for k, v in fingerprint(tmp_path).items() if not k.startswith("whole/")}
    assert found == whole


class TickingClock(FakeClock):
    def sleep(self, seconds):
        super().sleep(seconds + 0.3)


def test_a_wish_to_stop_is_heard_while_waiting(tmp_path, booru):
    class Asked(FakeClock):
        def sleep(self, seconds):
            if len(booru.log) >= 6:
                raise Stopped
            super().sleep(seconds)

    with (
        crawling(tmp_path, source_of(booru), booru, clock=Asked()) as (crawl, _),
        pytest.raises(Stopped),
    ):
        crawl.everything()
    asked = booru.paths()
    with crawling(tmp_path, source_of(booru), booru) as (crawl, _):
        crawl.everything()
    assert len(asked) == 6 and len(set(booru.paths())) == len(booru.paths())


# what befalls two pictures of the crawl, and what they are then called (None: survived)
FAULTS = {
    "404": ([faults.missing], "missing"),
    "HTML as .jpg": ([faults.html_as_jpg], "HTML instead of an image"),
    "1x1": ([faults.placeholder], "1x1 placeholder"),
    "bomb": ([faults.bomb], "too many pixels"),
    "too large": ([faults.too_large], "too large"),
    "noise": ([faults.not_an_image], "not an image"),
    "0 bytes, once": ([faults.zero_bytes], None),
    "truncated, twice": ([faults.truncated, faults.cut_short], None),
    "500, once": ([faults.server_error], None),
    "429": ([faults.too_many_requests("1")], None),
    "403, once": ([faults.forbidden], None),
    "hung up": ([faults.hang_up], None),
    "slow": ([faults.slow(0.05)], None),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_crawl_survives_and_retry_failed_mends_it(tmp_path, shop, name):
    ordered, reason = FAULTS[name]
    shop.misbehave("chara2", *ordered)
    with crawling(tmp_path, source_of(shop), shop) as (crawl, archive):
        crawl.everything()
        failed = {k: n for k, n in archive.counts("images").items() if k[0] == "failed"}
        assert failed == ({("failed", reason): 1} if reason else {})
        n_faces = archive.n_faces()
        shop.log.clear()
        crawl.retry_failed()
        assert len(shop.log) == (1 if reason else 0)
        assert archive.failures() == []
        assert archive.n_faces() >= n_faces
        assert archive.counts("posts")[("done", None)] == 4


def test_retry_failed_takes_pages_and_what_they_lead_to(tmp_path, shop):
    shop.misbehave(r"/item/2017021", *[faults.server_error] * QUICK.tries)
    with crawling(tmp_path, source_of(shop), shop) as (crawl, archive):
        crawl.everything()
        shop.log.clear()
        crawl.retry_failed()
        assert len(shop.log) == 1 + 4 and archive.failures() == []
        assert archive.counts("pages") == {("done", None): 8}


def test_what_fails_again_does_not_look_like_a_new_layout(tmp_path):
    with GetchuSite(some_titles([(2017, 1)], n=9)) as site:
        site.misbehave("/item/", faults.gate_redirect, always=True)
        make = getchu_source((2017, 1), (2017, 1), max_barren_pages=None)
        with crawling(tmp_path, make, site) as (crawl, _):
            crawl.everything()
        make = getchu_source((2017, 1), (2017, 1), max_barren_pages=2)
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.retry_failed()
            assert archive.counts("pages")[("failed", "age gate")] == 9
            assert {tries for _, _, tries in archive.failures()} == {2}


def test_retry_failed_leaves_the_rest_of_the_crawl_alone(tmp_path, booru):
    booru.misbehave(r"\.jpg|\.png", faults.missing, faults.missing)  # a sample and its original
    with crawling(tmp_path, source_of(booru), booru, goals=Goals(max_items=2)) as (crawl, archive):
        crawl.everything()
    booru.log.clear()
    with crawling(tmp_path, source_of(booru), booru) as (crawl, archive):
        crawl.retry_failed()
        assert len(booru.log) == 1
        assert archive.counts("posts")[("done", None)] == 2


@pytest.mark.parametrize("as_xml", [False, True])
def test_no_post_is_lost_to_samples_that_are_missing(tmp_path, as_xml):
    posts = some_posts(6) + [Post(4_000_000, is_old=True), Post(4_000_001, is_old=True)]
    with SafebooruSite(posts) as site:
        site.misbehave("/samples/", faults.missing, always=True)
        make = safebooru_source(tags="1girl", as_xml=as_xml)
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.everything()
            assert rows(
                archive, "SELECT count(DISTINCT post) FROM images WHERE state = 'cut'"
            ) == [(8,)]
        assert len(site.paths()) == len(set(site.paths()))


@pytest.mark.parametrize("pattern", ["/brandnew/2017021", "/item/"])
def test_what_failed_while_the_site_went_down_is_not_blamed(tmp_path, shop, pattern):
    limits = dataclasses.replace(QUICK, breaker_pause_s=60, breaker_pauses=1)
    shop.misbehave(pattern, faults.server_error, always=True)
    make = source_of(shop)
    with crawling(tmp_path, make, shop) as (crawl, archive):
        crawl._source._session = session_for(shop, limits=limits, store=archive)
        with pytest.raises(SiteStopped, match="still refuses"):
            crawl.everything()
        for table in ("images", "pages"):
            assert ("failed", "server error") not in archive.counts(table)
    shop.behave()
    with crawling(tmp_path, make, shop) as (crawl, archive):
        crawl.everything()
        assert archive.counts("images") == {
            ("cut", None): 8,
            ("duplicate", "same bytes as an earlier one"): 8,
        }


@pytest.mark.parametrize("n_good", [0, 1, 5, 12])
def test_a_full_disk_loses_nothing(tmp_path, monkeypatch, shop, n_good):
    with crawling(tmp_path / "whole", source_of(shop), shop) as (crawl, _):
        crawl.everything()
    asked = sorted(shop.paths())
    shop.log.clear()
    count, fsync = itertools.count(), os.fsync

    def full(descriptor):
        if next(count) >= n_good:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with (
        crawling(tmp_path / "set", source_of(shop), shop) as (crawl, _),
        pytest.raises(OSError, match="No space"),
    ):
        crawl.everything()
    monkeypatch.setattr(os, "fsync", fsync)
    assert not list((tmp_path / "set").rglob("*.part"))
    with crawling(tmp_path / "set", source_of(shop), shop) as (crawl, _):
        crawl.everything()
    assert fingerprint(tmp_path / "set") == fingerprint(tmp_path / "whole")
    assert len(shop.log) <= len(asked) + 1 and set(asked) == set(shop.paths())
