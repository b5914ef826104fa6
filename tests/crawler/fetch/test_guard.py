import time

import pytest
from site_helpers import QUICK, FakeClock
from sites.server import Reply, Site

from crawler.fetch import Answer, Identity, Transport
from crawler.fetch.answers import is_html, judge_status
from crawler.fetch.guard import is_own
from crawler.fetch.robots import Robots

HOSTS = ("getchu.com",)


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://getchu.com/x", True),
        ("https://www.getchu.com/x", True),
        ("https://www.getchu.com:443/x", True),
        ("http://www.getchu.com/x", False),
        ("https://www.getchu.com:8443/x", False),
        ("https://evilgetchu.com/x", False),
        ("https://getchu.com.evil.invalid/x", False),
        ("https://user@getchu.com/x", False),
        ("https://getchu.com@evil.invalid/x", False),
        ("https://[::1]/x", False),
        ("https://getchu.com:port/x", False),
        ("ftp://getchu.com/x", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_only_the_sites_own_hosts_over_tls(url, own):
    assert is_own(url, HOSTS) is own


def test_plain_http_only_when_told():
    assert is_own("http://127.0.0.1:8000/", ["127.0.0.1:8000"], allow_http=True)
    assert not is_own("http://127.0.0.1:8001/", ["127.0.0.1:8000"], allow_http=True)


class Any(Site):
    def reply(self, path, query, headers):
        return Reply(b"private!")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_name_that_leads_to_this_machine_is_not_asked(name):
    with Any() as site:
        transport = Transport(identity=Identity("a@b.invalid"), limits=QUICK, clock=FakeClock())
        url = site.url.replace("127.0.0.1", name)
        page, answer, detail = transport.ask(f"{url}/x", None, 1000)
        assert page is None and answer is Answer.PRIVATE and "not a public address" in detail
        assert site.log == []


@pytest.mark.parametrize(
    ("text", "url", "allowed"),
    [
        ("", "/x", True),
        ("User-agent: *\nDisallow:\n", "/x", True),
        ("User-agent: *\nDisallow: /\n", "/x", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b\n", "/a/b/c", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b\n", "/a/c", False),
        ("User-agent: *\nAllow: /a\nDisallow: /a\n", "/a", True),
        ("User-agent: *\nDisallow: /*?page=dapi\n", "/index.php?page=dapi&s=post", False),
        ("User-agent: *\nDisallow: /*.jpg$\n", "/a/b.jpg", False),
        ("User-agent: *\nDisallow: /*.jpg$\n", "/a/b.jpg?x=1", True),
        ("User-agent: *\nDisallow: /a%7Eb\n", "/a~b", False),
        ("User-agent: other\nDisallow: /\n", "/x", True),
        ("User-agent: other\nUser-agent: *\nDisallow: /x # all\n", "/x", False),
        (
            "User-agent: *\nDisallow: /\n\nUser-agent: Chainer-GAN-anime-crawler\nAllow: /\n",
            "/x",
            1,
        ),
        ("User-agent: *\nDisallow: /a\nSitemap: /s\nDisallow: /b\n", "/b", False),
        ("<html>not found</html>", "/x", True),
        ("User-agent: chainer\nDisallow: /\n", "/x", True),  # the whole token, not a part
        ("User-agent: crawler\nDisallow: /\n", "/x", True),
        ("User-agent: chainer-gan-anime-crawler/0.1\nDisallow: /\n", "/x", False),
    ],
)
def test_robots_as_rfc_9309_reads_it(text, url, allowed):
    robots = Robots(text)
    assert robots.allows(f"https://example.invalid{url}") == allowed


def test_a_hostile_pattern_is_matched_in_no_time():
    robots = Robots("User-agent: *\nDisallow: /" + "*a" * 30 + "*b\n")
    began = time.process_time()
    assert robots.allows("https://example.invalid/" + "a" * 5000)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("delay", ["nan", "inf", "-3", "1e400", "²"])
def test_a_crawl_delay_that_is_none_is_none(delay):
    assert Robots(f"User-agent: *\nCrawl-delay: {delay}\n").crawl_delay_s in (0, 3600)


def test_crawl_delay_is_the_groups_own():
    text = "User-agent: *\nCrawl-delay: 2.5\n\nUser-agent: other\nCrawl-delay: 60\n"
    assert Robots(text).crawl_delay_s == 2.5


@pytest.mark.parametrize(
    ("status", "headers", "body", "answer"),
    [
        (200, {}, b"", Answer.OK),
        (404, {}, b"", Answer.MISSING),
        (410, {}, b"", Answer.MISSING),
        (401, {}, b"", Answer.UNAUTHORIZED),
        (403, {}, b"no", Answer.FORBIDDEN),
        (403, {"cf-mitigated": "challenge"}, b"", Answer.CHALLENGE),
        (503, {}, b"<title>Just a moment...</title>", Answer.CHALLENGE),
        (503, {"Retry-After": "5"}, b"", Answer.RATE_LIMITED),
        (503, {"Server": "cloudflare"}, b"", Answer.SERVER_ERROR),
        (429, {}, b"", Answer.RATE_LIMITED),
        (500, {}, b"", Answer.SERVER_ERROR),
        (400, {}, b"", Answer.UNEXPECTED),
    ],
)
def test_statuses_are_told_apart(status, headers, body, answer):
    assert judge_status(status, headers, body) is answer


def test_html_is_known_by_its_bytes():
    assert is_html(b"\xef\xbb\xbf \n<!DOCTYPE HTML><p>") and is_html(b"<html lang=ja>")
    assert not is_html(b"\xff\xd8\xff\xe0<html>") and not is_html(b"<?xml version='1.0'?><posts/>")
