"""Every way in which a site can answer wrongly is named, and tried again where that may help."""

import dataclasses
import time

import pytest
from site_helpers import QUICK, FakeClock, session_for
from sites import faults
from sites.pictures import picture
from sites.server import Reply, Site

from crawler.fetch import Answer, FetchError, RobotsInMemory, SiteStopped
from crawler.sources import getchu, safebooru

TRIES = QUICK.tries
PATIENT = dataclasses.replace(QUICK, breaker_failures=100)


class Pictures(Site):
    """Serves a picture under every path, and pages under /page and /api."""

    def reply(self, path, query, headers):
        if path.startswith("/page"):
            return Reply("<html><h1 id='soft-title'>x</h1></html>".encode("euc_jp"))
        if path.startswith("/api"):
            return Reply(b'[{"id": 1}]', "application/json")
        return Reply(picture(1), "image/jpeg")


@pytest.fixture(scope="module")
def site():
    with Pictures() as site:
        yield site


@pytest.fixture(autouse=True)
def behaving(site):
    site.behave()
    site.log.clear()


# fault, what it is called, and how often the picture is asked for before that is believed
PICTURE_FAULTS = {
    "404": (faults.missing, Answer.MISSING, 1),
    "403": (faults.forbidden, Answer.FORBIDDEN, TRIES),
    "429 with seconds": (faults.too_many_requests("2"), Answer.RATE_LIMITED, TRIES),
    "500": (faults.server_error, Answer.SERVER_ERROR, TRIES),
    "closed in the middle": (faults.truncated, Answer.TRUNCATED, TRIES),
    "half a JPEG": (faults.cut_short, Answer.TRUNCATED, TRIES),
    "0 bytes": (faults.zero_bytes, Answer.ZERO_BYTES, TRIES),
    "hung up": (faults.hang_up, Answer.NO_ANSWER, TRIES),
    "HTML as .jpg": (faults.html_as_jpg, Answer.HTML, 1),
    "302 to the age gate": (faults.gate_redirect, Answer.AGE_GATE, 1),
    "age gate as a page": (faults.gate_page, Answer.AGE_GATE, 1),
    "1x1": (faults.placeholder, Answer.PLACEHOLDER, 1),
    "decompression bomb": (faults.bomb, Answer.TOO_MANY_PIXELS, 1),
    "too many bytes": (faults.too_large, Answer.TOO_LARGE, 1),
    "too many bytes once unpacked": (faults.gzip_bomb, Answer.TOO_LARGE, 1),
    "noise": (faults.not_an_image, Answer.NOT_AN_IMAGE, 1),
    "off the site": (faults.redirect("http://example.invalid/x.jpg"), Answer.ELSEWHERE, 1),
    "to another port": (faults.redirect("http://127.0.0.1:1/x.jpg"), Answer.ELSEWHERE, 1),
    "to a file": (faults.redirect("file:///etc/passwd"), Answer.ELSEWHERE, 1),
    "a Location that is no address": (faults.malformed_redirect, Answer.UNEXPECTED, 1),
    "a circle that wants a cookie": (
        faults.to_oneself_with_a_cookie("/a.jpg"),
        Answer.UNEXPECTED,
        6,
    ),
    "a Retry-After that is no number": (
        faults.too_many_requests("2\xb2"),
        Answer.RATE_LIMITED,
        TRIES,
    ),
    "in a circle": (faults.redirect("/a.jpg"), Answer.UNEXPECTED, 6),
}


@pytest.mark.parametrize("name", PICTURE_FAULTS)
def test_a_picture_that_stays_wrong_is_named(site, tmp_path, name):
    fault, answer, n_requests = PICTURE_FAULTS[name]
    session = session_for(site, limits=PATIENT)
    session.page(f"{site.url}/page")  # the site is known to be up
    site.misbehave(r"\.jpg", fault, always=True)
    with pytest.raises(FetchError) as error:
        session.picture(f"{site.url}/a.jpg", tmp_path, judge=getchu._judge)
    assert error.value.answer is answer
    assert site.paths().count("/a.jpg") == n_requests
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("name", [n for n in PICTURE_FAULTS if PICTURE_FAULTS[n][2] == TRIES])
def test_a_picture_that_was_wrong_once_is_fetched_whole(site, tmp_path, name):
    site.misbehave(r"\.jpg", PICTURE_FAULTS[name][0])
    stored = session_for(site).picture(f"{site.url}/a.jpg", tmp_path)
    assert (tmp_path / stored.path).read_bytes() == picture(1)
    assert site.paths() == ["/robots.txt", "/a.jpg", "/a.jpg"]


PAGE_FAULTS = {
    "302 to the age gate": (faults.gate_redirect, "page", getchu._judge, Answer.AGE_GATE),
    "age gate as a page": (faults.gate_page, "page", getchu._judge, Answer.AGE_GATE),
    "search too deep": (faults.too_deep, "api", safebooru._judge, Answer.TOO_DEEP),
    "overloaded": (faults.overloaded, "api", safebooru._judge, Answer.OVERLOADED),
    "half a list": (faults.cut_short, "api", safebooru._judge, Answer.TRUNCATED),
    "a page of HTML": (faults.html_as_jpg, "api", safebooru._judge, Answer.UNEXPECTED),
    "too many bytes": (faults.too_large, "page", getchu._judge, Answer.TOO_LARGE),
}


@pytest.mark.parametrize("name", PAGE_FAULTS)
def test_a_page_that_stays_wrong_is_named(site, name):
    fault, path, judge, answer = PAGE_FAULTS[name]
    site.misbehave(path, fault, always=True)
    with pytest.raises(FetchError) as error:
        session_for(site, limits=PATIENT).page(f"{site.url}/{path}", judge=judge)
    assert error.value.answer is answer


@pytest.mark.parametrize("path", ["page", "a.jpg", "robots.txt"])
def test_a_cloudflare_challenge_ends_the_run_wherever_it_comes(site, tmp_path, path):
    site.misbehave(path, faults.challenge, always=True)
    session = session_for(site)
    with pytest.raises(SiteStopped, match="Cloudflare challenge"):
        session.picture(f"{site.url}/a.jpg", tmp_path)
        session.page(f"{site.url}/page")
    assert sum(path in asked for asked in site.paths()) == 1


def test_an_answer_that_drips_is_given_up(site, tmp_path):
    class Ticking(FakeClock):
        def now(self):
            self.time += 1.0
            return self.time

    site.misbehave(r"\.jpg", lambda reply: dataclasses.replace(reply, drip_s=0.0005))
    session = session_for(
        site, clock=Ticking(), limits=dataclasses.replace(QUICK, answer_timeout_s=3.0)
    )
    stored = session.picture(f"{site.url}/a.jpg", tmp_path)
    assert site.paths().count("/a.jpg") >= 2
    assert (tmp_path / stored.path).read_bytes() == picture(1)


def test_headers_that_trickle_are_cut_off_after_the_total_time(site):
    site.misbehave("/page", faults.trickling, always=True)
    limits = dataclasses.replace(PATIENT, answer_timeout_s=0.3, tries=2)
    began = time.monotonic()
    with pytest.raises(FetchError, match="not whole within 0.3 s") as error:
        session_for(site, limits=limits).page(f"{site.url}/page")
    assert error.value.answer is Answer.NO_ANSWER
    assert time.monotonic() - began < 5


def test_a_page_that_the_sites_eye_stumbles_over_is_named(site):
    site.misbehave("/api", faults.with_body(b"[" * 100_000), always=True)
    with pytest.raises(FetchError) as error:
        session_for(site).page(f"{site.url}/api", judge=safebooru._judge)
    assert error.value.answer in (Answer.UNREADABLE, Answer.TRUNCATED)
    assert error.value.body == b"[" * 100_000


def test_an_answer_that_does_not_come_times_out(site, tmp_path):
    site.misbehave(r"\.jpg", faults.slow(0.6))
    session = session_for(site, limits=dataclasses.replace(QUICK, read_timeout_s=0.2))
    session.picture(f"{site.url}/a.jpg", tmp_path)
    assert site.paths().count("/a.jpg") == 2


def test_a_wrong_md5_is_fetched_once_more_and_then_flagged(site, tmp_path):
    md5 = "0" * 32
    stored = session_for(site).picture(f"{site.url}/a.jpg", tmp_path, stated_md5=md5)
    assert stored.flag == f"wrong md5: {md5} stated"
    assert site.paths().count("/a.jpg") == 2


def test_a_wrong_md5_that_mends_itself_is_not_flagged(site, tmp_path):
    right = session_for(site).picture(f"{site.url}/a.jpg", tmp_path)
    site.misbehave(r"\.jpg", faults.other_picture)
    again = session_for(site).picture(f"{site.url}/a.jpg", tmp_path, stated_md5=right.md5)
    assert again == right and again.flag is None


def test_the_name_on_the_disk_is_the_hash_and_the_kind_that_was_sniffed(site, tmp_path):
    site.misbehave("exe", faults.with_body(picture(5, kind="PNG"), 200, "text/plain"))
    stored = session_for(site).picture(f"{site.url}/..%2f..%2fx.exe", tmp_path)
    assert stored.path == f"originals/{stored.sha256[:2]}/{stored.sha256}.png"
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == [f"{stored.sha256}.png"]


def test_a_network_that_is_down_is_one_sentence():
    class Nowhere:
        host, url = "127.0.0.1:9", "http://127.0.0.1:9"

    with pytest.raises(SiteStopped, match="cannot be reached"):
        session_for(Nowhere).page("http://127.0.0.1:9/")


def test_a_part_of_the_site_that_is_down_does_not_end_the_run():
    class Image:  # the site is up as far as we know; a name below it does not resolve
        host, url = "example.invalid", "http://example.invalid"

    store = RobotsInMemory()
    store.save_robots("http://img.example.invalid", 200, "", "", FakeClock().wall())
    with pytest.raises(FetchError) as error:
        session_for(Image, limits=PATIENT, store=store).page("http://img.example.invalid/x")
    assert error.value.answer is Answer.UNREACHABLE


def test_a_redirect_within_the_site_is_followed_and_loses_nothing(site, tmp_path):
    site.misbehave("old", faults.redirect("/new.jpg"))
    stored = session_for(site).picture(f"{site.url}/old.jpg", tmp_path)
    assert (tmp_path / stored.path).read_bytes() == picture(1)
    assert site.paths() == ["/robots.txt", "/old.jpg", "/new.jpg"]
