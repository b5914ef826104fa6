"""When a site is left alone, and when a single URL is given up, on a clock that does not wait."""

import dataclasses

import pytest
from site_helpers import QUICK, FakeClock, session_for
from sites import faults

from crawler.fetch import FetchError, Limits, SiteStopped


def test_the_breaker_pauses_for_minutes_then_tries_one_then_gives_up(site):
    clock = FakeClock()
    limits = dataclasses.replace(Limits(), interval_s=0.0, jitter_s=0.0)
    session = session_for(site, clock=clock, limits=limits)
    session.page(f"{site.url}/x")
    site.misbehave("/", faults.server_error, always=True)
    with pytest.raises(FetchError):
        session.page(f"{site.url}/x")  # 4 tries
    assert max(clock.sleeps) < 60
    with pytest.raises(SiteStopped, match="still refuses after 3 long pauses"):
        session.page(f"{site.url}/x")
    assert [s for s in clock.sleeps if s >= 60] == [300, 600, 1200]
    assert site.paths().count("/x") == 1 + 4 + 4


@pytest.mark.parametrize("fault", [faults.forbidden, faults.server_error, faults.hang_up])
def test_urls_that_are_refused_for_good_do_not_end_a_run_on_a_site_that_is_well(site, fault):
    clock = FakeClock()
    session = session_for(site, clock=clock, limits=dataclasses.replace(Limits(), interval_s=0))
    site.misbehave("/bad", fault, always=True)
    for i in range(3):
        for name in (f"bad-sample{i}", f"bad-original{i}"):
            with pytest.raises(FetchError):
                session.page(f"{site.url}/{name}")
        assert site.paths().count(f"/bad-sample{i}") == 4
        assert site.paths().count(f"/bad-original{i}") == 2  # before a pause and after it
        session.page(f"{site.url}/good")
    assert [s for s in clock.sleeps if s >= 60] == [300] * 3
    assert site.paths().count("/robots.txt") == 1 + 3


def test_a_site_that_refuses_all_but_its_robots_ends_the_run(site):
    clock = FakeClock()
    session = session_for(site, clock=clock, limits=dataclasses.replace(Limits(), interval_s=0))
    site.misbehave("/x", faults.forbidden, always=True)
    for i in range(4):
        with pytest.raises(FetchError):
            session.page(f"{site.url}/x{i}")
    with pytest.raises(SiteStopped, match="still refuses after 3 long pauses"):
        session.page(f"{site.url}/x4")
    assert [s for s in clock.sleeps if s >= 60] == [300, 600, 1200]
    assert sum(path.startswith("/x") for path in site.paths()) == 4 + 2 + 2 + 2 + 1


def test_too_many_requests_are_never_blamed_on_the_url(site):
    session = session_for(site, limits=dataclasses.replace(QUICK, breaker_pause_s=60))
    site.misbehave("/x", faults.too_many_requests("1"), always=True)
    with pytest.raises(FetchError):
        session.page(f"{site.url}/x")
    with pytest.raises(SiteStopped, match="still refuses"):
        session.page(f"{site.url}/x")
    assert site.paths().count("/robots.txt") == 1


def test_one_good_answer_closes_the_breaker(site):
    clock = FakeClock()
    session = session_for(site, clock=clock, limits=dataclasses.replace(Limits(), interval_s=0))
    for i in range(6):
        site.misbehave(f"/bad{i}", faults.server_error, always=True)
        with pytest.raises(FetchError):
            session.page(f"{site.url}/bad{i}")
        session.page(f"{site.url}/good")
    assert max(clock.sleeps) < 60
