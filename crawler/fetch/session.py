"""One polite session a site: its pace, its robots.txt, its limits, and every answer named."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from crawler.fetch.answers import TRANSIENT, Answer, FetchError
from crawler.fetch.guard import is_own
from crawler.fetch.limits import Limits
from crawler.fetch.pace import Clock, TokenBucket
from crawler.fetch.patience import Patience, SiteStopped
from crawler.fetch.pictures import Picture, inspect, store
from crawler.fetch.robots import Robots, RobotsReader, RobotsStore
from crawler.fetch.transport import Page, Transport
from crawler.fetch.urls import joined

log = logging.getLogger(__name__)
N_REDIRECTS = 5


class Session:
    """One connection to one site.

    Args:
        hosts: The site's registered names; nothing else is ever asked.
        transport: What sends a request; it belongs to this session from now on.
        robots_store: Where robots.txt is kept between runs.
        limits: Pace, patience and caps.
        clock: What tells the time and waits.
        rng: Where the jitter comes from.
        allow_http: Whether plain http will do, as a server of one's own speaks it.
        keep_page: Is handed each good page, to be written down.
    """

    def __init__(
        self,
        hosts: Collection[str],
        *,
        transport: Transport,
        robots_store: RobotsStore,
        limits: Limits,
        clock: Clock,
        rng: np.random.Generator,
        allow_http: bool = False,
        keep_page: Callable[[Page], None] = lambda page: None,
    ):
        self.transport = transport
        self._hosts = tuple(hosts)
        self._limits = limits
        self._clock = clock
        self._allow_http = allow_http
        self._bucket = TokenBucket(limits.interval_s, limits.jitter_s, clock, rng)
        self._keep_page = keep_page
        self._patience = Patience(self._hosts, limits, clock, self._is_up)
        self._robots = RobotsReader(self._robots_page, robots_store, clock)

    def page(
        self,
        url: str,
        *,
        referer: str | None = None,
        judge: Callable[[Page], Answer] = lambda page: Answer.OK,
    ) -> Page:
        """Fetch a page into memory.

        Args:
            url: Where it is.
            referer: The page that leads there.
            judge: The site's own eye for answers that a status of 200 hides.

        Raises:
            FetchError: It cannot be had; the answer says why.
            SiteStopped: The site does not let us go on.
        """
        page = self._try(url, referer, self._limits.page_bytes, judge)
        self._keep_page(page)
        return page

    def picture(
        self,
        url: str,
        folder: Path,
        *,
        referer: str | None = None,
        stated_md5: str | None = None,
        judge: Callable[[Page], Answer] = lambda page: Answer.OK,
    ) -> Picture:
        """Fetch a picture, look at it closely, and put it into ``folder``.

        A picture whose md5 is not the stated one is fetched once more and then kept with a
        flag, since the site may state another file's.

        Raises:
            FetchError: It cannot be had; the answer says why.
            SiteStopped: The site does not let us go on.
        """
        flag = None
        for attempt in range(2):
            data = self.picture_bytes(url, referer=referer, judge=judge)
            if not stated_md5 or _md5(data) == stated_md5.lower():
                break
            log.warning("%s: its md5 is not the one stated (fetch %d of 2)", url, attempt + 1)
        else:
            flag = f"wrong md5: {stated_md5.lower()} stated"
        return store(data, inspect(data, self._limits.picture_pixels, decode=False), folder, flag)

    def picture_bytes(
        self,
        url: str,
        *,
        referer: str | None = None,
        judge: Callable[[Page], Answer] = lambda page: Answer.OK,
    ) -> bytes:
        """Fetch a picture and look at it closely; raises as :meth:`picture` does."""

        def look(page: Page) -> Answer | tuple[Answer, str]:
            answer = judge(page)
            if answer is not Answer.OK:
                return answer
            inspection = inspect(page.body, self._limits.picture_pixels)
            return inspection.answer, inspection.detail

        return self._try(url, referer, self._limits.picture_bytes, look).body

    def _try(self, url: str, referer: str | None, max_bytes: int, judge: Callable) -> Page:
        """Ask until there is a good answer, no hope, or no try left."""

        def ask() -> tuple[Page | None, Answer, str]:
            page, answer, detail = self._exchange(url, referer, max_bytes, judge)
            log.info("%s: %s %s", url, answer, detail)
            return page, answer, detail

        page, answer, detail = self._patience.tries(url)(ask)
        if answer is Answer.CHALLENGE:
            raise SiteStopped(
                f"{urlsplit(url).hostname} asks for a browser check (Cloudflare challenge) at "
                f"{url}, and this crawler does not dodge it: try again another day, or ask "
                "the site."
            )
        if answer not in TRANSIENT and page is not None:
            self._patience.good()
        if answer is Answer.OK:
            return page
        raise FetchError(answer, url, detail, page and page.body)

    def _is_up(self, url: str) -> bool:
        """Whether a URL's host answers when it is asked for its robots.txt."""
        probe = f"{_host(url)}/robots.txt"
        if url == probe:
            return False
        self._bucket.take()
        page, answer, detail = self.transport.ask(probe, None, self._limits.robots_bytes)
        log.info("%s: %s %s", probe, answer, detail)
        return page is not None and answer not in TRANSIENT | {Answer.CHALLENGE}

    def _exchange(
        self, url: str, referer: str | None, max_bytes: int, judge: Callable
    ) -> tuple[Page | None, Answer, str]:
        """Ask once, following redirects by hand."""
        for _ in range(N_REDIRECTS + 1):
            if not is_own(url, self._hosts, allow_http=self._allow_http):
                return None, Answer.ELSEWHERE, url
            if not self._rules(url).allows(url):
                return None, Answer.DISALLOWED, url
            self._bucket.take()
            page, answer, detail = self.transport.ask(url, referer, max_bytes)
            location = page and page.status in (301, 302, 303, 307, 308)
            if answer is Answer.UNEXPECTED and location and "Location" in page.headers:
                target = joined(url, page.headers["Location"])
                if target is None:
                    return page, answer, f"a redirect to {page.headers['Location'][:200]!r}"
                url = target
                if _judged(judge, Page(url, 302, page.headers, b""))[0] is Answer.AGE_GATE:
                    return page, Answer.AGE_GATE, ""
                continue
            if answer is Answer.OK:
                answer, detail = _judged(judge, page)
            return page, answer, detail
        return None, Answer.UNEXPECTED, "redirects in a circle"

    def _robots_page(self, url: str) -> Page:
        return self._try(url, None, self._limits.robots_bytes, lambda page: Answer.OK)

    def _rules(self, url: str) -> Robots:
        """The rules of a URL's host, at whose pace we go from now on."""
        rules = self._robots.rules(_host(url))
        self._bucket.interval_s = max(self._bucket.interval_s, rules.crawl_delay_s)
        return rules


def _host(url: str) -> str:
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))


def _judged(judge: Callable, page: Page) -> tuple[Answer, str]:
    """What the site's own eye says; a page that it stumbles over is one that cannot be read."""
    try:
        judged = judge(page)
    except Exception as error:
        return Answer.UNREADABLE, f"{type(error).__name__}: {error}"
    return judged if isinstance(judged, tuple) else (judged, "")


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
