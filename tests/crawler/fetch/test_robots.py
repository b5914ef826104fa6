import time

import pytest

from crawler.fetch.robots import Robots


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
