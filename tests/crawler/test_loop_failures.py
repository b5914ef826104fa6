"""What a picture that cannot be had means for the rest of its post, and for later runs."""

import contextlib
import dataclasses

import pytest
from site_helpers import QUICK, crawling, getchu_source, rows, safebooru_source, session_for
from sites import faults
from sites.getchu import GetchuSite, some_titles
from sites.safebooru import TAGS, Post, SafebooruSite

from crawler.fetch import SiteStopped
from crawler.shared.errors import UserError

MONTHS = [(2017, 1), (2017, 2)]
SAMPLE_AND_ORIGINAL = "SELECT role, state FROM images ORDER BY id"


def test_a_sample_that_is_missing_makes_way_for_the_original(tmp_path):
    with SafebooruSite([Post(5_000_000)]) as site:
        site.misbehave("/samples/", faults.missing, always=True)
        with crawling(tmp_path, safebooru_source(tags=TAGS), site) as (crawl, archive):
            crawl.everything()
            assert rows(archive, "SELECT role, state FROM images") == [
                ("sample", "failed"),
                ("original", "cut"),
            ]
            assert archive.n_faces() == 1


def test_an_original_that_is_missing_leaves_the_sample(tmp_path):
    post = Post(5_000_000, size=(480, 600), faces=((150, 120, 110),), sample_width=220)
    with SafebooruSite([post]) as site:
        site.misbehave("/images/", faults.missing, always=True)
        with crawling(tmp_path, safebooru_source(tags=TAGS), site) as (crawl, archive):
            crawl.everything()
            assert rows(archive, "SELECT role, state FROM images") == [
                ("sample", "cut"),
                ("original", "failed"),
            ]
            assert archive.counts("faces") == {("quarantined", "too_small"): 1}


def test_a_sample_is_not_asked_for_again_beside_its_original(tmp_path):
    with SafebooruSite([Post(5_000_000)]) as site:
        site.misbehave("/samples/", *[faults.server_error] * QUICK.tries)
        with crawling(tmp_path, safebooru_source(tags=TAGS), site) as (crawl, archive):
            crawl.everything()
            n_requests = len(site.log)
            crawl.retry_failed()
            assert rows(archive, SAMPLE_AND_ORIGINAL) == [
                ("sample", "replaced"),
                ("original", "cut"),
            ]
            assert len(site.log) == n_requests and archive.failures() == []


def test_an_outage_in_the_middle_of_a_post_leaves_its_original_spare(tmp_path):
    limits = dataclasses.replace(QUICK, breaker_pauses=0)
    with SafebooruSite([Post(5_000_000)]) as site:
        make = safebooru_source(tags=TAGS)
        site.misbehave("/samples/|/images/", faults.server_error, always=True)
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl._source._session = session_for(site, limits=limits, store=archive)
            with pytest.raises(SiteStopped):
                crawl.everything()
        site.behave()
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.everything()
            assert rows(archive, SAMPLE_AND_ORIGINAL) == [("sample", "cut"), ("original", "spare")]
            assert archive.n_faces() == 1


def test_a_sample_and_an_original_that_failed_are_tried_one_after_the_other(tmp_path):
    with SafebooruSite([Post(5_000_000)]) as site:
        site.misbehave("/samples/|/images/", faults.missing, always=True)
        with crawling(tmp_path, safebooru_source(tags=TAGS), site) as (crawl, archive):
            crawl.everything()
            site.behave()
            crawl.retry_failed()
            assert rows(archive, SAMPLE_AND_ORIGINAL) == [("sample", "cut"), ("original", "spare")]
            assert archive.failures() == [] and archive.n_faces() == 1


def test_an_original_that_comes_late_takes_its_samples_place(tmp_path):
    post = Post(5_000_000, size=(480, 600), faces=((150, 120, 110),), sample_width=220)
    with SafebooruSite([post]) as site:
        site.misbehave("/images/", faults.missing)
        with crawling(tmp_path, safebooru_source(tags=TAGS), site) as (crawl, archive):
            crawl.everything()
            (too_small,) = tmp_path.rglob("too_small/*.png")
            crawl.retry_failed()
            assert rows(archive, SAMPLE_AND_ORIGINAL) == [
                ("sample", "replaced"),
                ("original", "cut"),
            ]
            assert archive.counts("faces") == {("accepted", None): 1}
            assert not too_small.exists()
            assert len(list(tmp_path.rglob("faces/*.png"))) == 1


def test_what_failed_before_a_list_that_the_crawl_needs_is_not_blamed(tmp_path):
    limits = dataclasses.replace(QUICK, breaker_failures=100)
    with SafebooruSite([Post(5_000_000), Post(4_000_000)]) as site:
        make = safebooru_source(tags=TAGS, rows=1)
        site.misbehave("/samples/|/images/|id%3A%3C", faults.server_error, always=True)
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl._source._session = session_for(site, limits=limits, store=archive)
            with pytest.raises(UserError, match="cannot go on without"):
                crawl.everything()
        site.behave()
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.everything()
            assert (
                rows(archive, SAMPLE_AND_ORIGINAL)
                == [
                    ("sample", "cut"),
                    ("original", "spare"),
                ]
                * 2
            )


def test_pictures_that_are_refused_for_good_do_not_end_every_run(tmp_path):
    limits = dataclasses.replace(QUICK, breaker_pauses=0)
    make = getchu_source(MONTHS[0], MONTHS[-1])
    with GetchuSite(some_titles(MONTHS)) as site:
        site.misbehave("/brandnew/2017021", faults.forbidden, always=True)
        for _ in range(9):
            with crawling(tmp_path, make, site) as (crawl, archive):
                crawl._source._session = session_for(site, limits=limits, store=archive)
                with contextlib.suppress(SiteStopped):
                    crawl.everything()
                    break
        with crawling(tmp_path, make, site) as (_, archive):
            assert archive.next_posts(1) == []
            assert archive.counts("images")[("failed", "forbidden")] == 4
