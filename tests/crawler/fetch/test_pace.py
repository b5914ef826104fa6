"""Pace, patience and manners, exactly, on a clock that does not wait."""

import dataclasses

import numpy as np
import pytest
from site_helpers import QUICK, FakeClock, session_for
from sites import faults

from crawler.fetch import Answer, Clock, FetchError, Limits, RobotsInMemory, SiteStopped, Stopped
from crawler.fetch.pace import TokenBucket, retry_after_s
from crawler.shared.errors import UserError


def test_the_bucket_keeps_interval_and_jitter():
    clock = FakeClock()
    bucket = TokenBucket(1.0, 0.5, clock, np.random.default_rng(1))
    starts = []
    for idle in [0, 0, 0, 10, 0, 0.3]:
        clock.time += idle
        bucket.take()
        starts.append(clock.time)
    gaps = np.diff(starts)
    assert (gaps >= 1.0).all() and (gaps[[0, 1, 3, 4]] < 1.5).all()
    assert gaps[2] == 10  # an idle time is not waited out again, and earns no burst either
    assert len(set(np.round(gaps, 6))) == len(gaps)


def test_a_thousand_requests_take_a_thousand_intervals():
    clock = FakeClock()
    bucket = TokenBucket(1.0, 0.2, clock, np.random.default_rng(1))
    for _ in range(1001):
        bucket.take()
    assert 1000 * 1.05 < clock.time - 1000 < 1000 * 1.15


def test_backoff_doubles_to_its_cap(site):
    site.misbehave("/x", faults.server_error, always=True)
    clock = FakeClock()
    limits = dataclasses.replace(Limits(), interval_s=0, tries=8, breaker_failures=100)
    with pytest.raises(FetchError):
        session_for(site, clock=clock, limits=limits).page(f"{site.url}/x")
    waits = [seconds for seconds in clock.sleeps if seconds > 1]
    for attempt, wait in enumerate(waits[:4]):
        assert 2 * 2**attempt <= wait <= 2 * 2**attempt + 0.5
    assert all(60 <= wait <= 60.5 for wait in waits[5:]) and len(waits) == 7


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("120", 120),
        (" 7 ", 7),
        ("date 100", 100),
        ("date -100", 0),
        ("soon", 0),
        ("-5", 0),
        ("²", 0),
        ("9" * 5000, 0),
        ("Fri, 99 Jan 999999 07:00:00 GMT", 0),
    ],
)
def test_retry_after_in_seconds_or_as_a_date(value, seconds):
    if value and value.startswith("date "):  # made now, not when the tests were collected
        value = faults.http_date(int(value[5:]))
    assert retry_after_s(value) == pytest.approx(seconds, abs=30)


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_waited_for(site, form):
    clock = FakeClock()
    asked = "30" if form == "seconds" else faults.http_date(30)
    site.misbehave("/x", faults.too_many_requests(asked))
    session_for(site, clock=clock).page(f"{site.url}/x")
    assert max(clock.sleeps) == pytest.approx(30, abs=2)


def test_a_retry_after_of_hours_ends_the_run(site):
    site.misbehave("/x", faults.too_many_requests("7200"))
    with pytest.raises(SiteStopped, match="120 minutes"):
        session_for(site).page(f"{site.url}/x")


def test_robots_is_read_once_and_obeyed(site):
    site.robots = "User-agent: *\nDisallow: /secret\nAllow: /secret/but-this\n"
    store, session = RobotsInMemory(), None
    for _ in range(2):  # the second session finds what the first one kept
        session = session_for(site, store=store)
        session.page(f"{site.url}/open")
        session.page(f"{site.url}/secret/but-this")
        with pytest.raises(FetchError) as error:
            session.page(f"{site.url}/secret/file")
        assert error.value.answer is Answer.DISALLOWED
    assert site.paths().count("/robots.txt") == 1
    assert not any("/secret/file" in path for path in site.paths())


def test_a_redirect_into_what_robots_forbids_is_not_followed(site):
    site.robots = "User-agent: *\nDisallow: /secret\n"
    site.misbehave("/open", faults.redirect("/secret"))
    with pytest.raises(FetchError) as error:
        session_for(site).page(f"{site.url}/open")
    assert error.value.answer is Answer.DISALLOWED
    assert "/secret" not in site.paths()


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (faults.missing, "allowed"),
        (faults.forbidden, "allowed"),
        (faults.unauthorized, "allowed"),
        (faults.too_many_requests("1"), "stopped"),
        (faults.server_error, "stopped"),
        (faults.hang_up, "stopped"),
        (faults.too_large, "allowed"),
        (faults.redirect("http://example.invalid/robots.txt"), "disallowed"),
    ],
)
def test_a_robots_that_cannot_be_read(site, fault, outcome):
    site.misbehave("robots", fault, always=True)
    session = session_for(site, limits=dataclasses.replace(QUICK, breaker_failures=100))
    if outcome == "allowed":
        session.page(f"{site.url}/x")
        return
    expected = UserError if outcome == "stopped" else FetchError
    with pytest.raises(expected, match="reached|until it can|disallows"):
        session.page(f"{site.url}/x")
    assert "/x" not in site.paths()


def test_a_crawl_delay_that_is_longer_is_kept(site):
    site.robots = "User-agent: *\nCrawl-delay: 7\n"
    clock = FakeClock()
    session = session_for(site, clock=clock)
    for _ in range(3):
        session.page(f"{site.url}/x")
    assert clock.sleeps.count(7) == 3


def test_robots_is_read_again_after_a_day(site):
    store, clock = RobotsInMemory(), FakeClock()
    session_for(site, store=store, clock=clock).page(f"{site.url}/x")
    clock.time += 23 * 3600
    session_for(site, store=store, clock=clock).page(f"{site.url}/x")
    assert site.paths().count("/robots.txt") == 1
    clock.time += 2 * 3600
    session_for(site, store=store, clock=clock).page(f"{site.url}/x")
    assert site.paths().count("/robots.txt") == 2


def test_a_session_that_lasts_for_days_reads_robots_again_each_day(site):
    store, clock = RobotsInMemory(), FakeClock()
    session_for(site, store=store, clock=clock).page(f"{site.url}/x")
    clock.time += 20 * 3600
    session = session_for(site, store=store, clock=clock)  # finds what the first one kept
    session.page(f"{site.url}/x")
    assert site.paths().count("/robots.txt") == 1
    clock.time += 5 * 3600
    site.robots = "User-agent: *\nDisallow: /x\n"
    with pytest.raises(FetchError) as error:
        session.page(f"{site.url}/x")
    assert error.value.answer is Answer.DISALLOWED
    clock.time += 25 * 3600
    session.page(f"{site.url}/y")
    assert site.paths().count("/robots.txt") == 3


def test_who_asks_is_said_and_no_cookie_is_kept(site):
    site.misbehave(
        "/x", lambda reply: dataclasses.replace(reply, headers={"Set-Cookie": "a=1; Path=/"})
    )
    session = session_for(site, cookie="given=1")
    session.page(f"{site.url}/x", referer=f"{site.url}/from")
    session.page(f"{site.url}/y")
    first, second = site.log[1:]
    assert first.headers["User-Agent"] == "chainer-gan-anime-crawler/0.1 (+test@example.invalid)"
    assert first.headers["Referer"] == f"{site.url}/from" and "Referer" not in second.headers
    assert second.headers["Cookie"] == "given=1"


def test_sleeping_ends_as_soon_as_the_user_asks():
    clock = Clock(lambda: True)
    with pytest.raises(Stopped):
        clock.sleep(3600)


def test_real_requests_keep_the_rate(site):
    session = session_for(
        site, clock=Clock(), limits=dataclasses.replace(QUICK, interval_s=0.05, jitter_s=0.02)
    )
    for i in range(12):
        session.page(f"{site.url}/{i}")
    times = [request.time for request in site.log]
    # Requests leave at least 50 ms apart; what a busy machine delays one, the next may make up.
    assert times[-1] - times[0] > 11 * 0.05
