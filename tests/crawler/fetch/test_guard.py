import pytest
from site_helpers import QUICK, FakeClock
from sites.server import Reply, Site

from crawler.fetch import Answer, Identity, Transport
from crawler.fetch.guard import is_own

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
