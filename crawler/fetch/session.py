"""One polite session a site: its pace, its robots.txt, its limits, and every answer named."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import tenacity

from crawler.fetch.answers import REFUSALS, TRANSIENT, Answer, FetchError
from crawler.fetch.guard import is_own
from crawler.fetch.limits import Limits
from crawler.fetch.pace import Breaker, Clock, TokenBucket, retry_after_s
from crawler.fetch.pictures import Picture, inspect, store
from crawler.fetch.robots import Robots, RobotsReader, RobotsStore
from crawler.fetch.transport import Page, Transport
from crawler.fetch.urls import joined
from crawler.shared.errors import UserError

log = logging.getLogger(__name__)
N_REDIRECTS = 5


class SiteStopped(UserError):
    """The site does not let us go on now; nothing is lost and a later run goes on."""


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
        doubling = tenacity.wait_exponential(limits.backoff_s, limits.backoff_cap_s)
        self._backoff = doubling + tenacity.wait_random(0, limits.backoff_s / 4)
        self._breaker = Breaker(
            limits.breaker_failures, limits.breaker_pause_s, limits.breaker_pauses, clock
        )
        self._robots_reader = RobotsReader(self._robots_page, robots_store, clock)
        self._robots: dict[str, Robots] = {}
        self._has_answered = False

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

        page, answer, detail = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda said: said[1] in TRANSIENT),
            stop=tenacity.stop_after_attempt(self._limits.tries),
            wait=lambda state: self._wait_s(url, state),
            retry_error_callback=self._give_up,
            sleep=self._clock.sleep,
        )(ask)
        if answer is Answer.CHALLENGE:
            raise SiteStopped(
                f"{urlsplit(url).hostname} asks for a browser check (Cloudflare challenge) at "
                f"{url}, and this crawler does not dodge it: try again another day, or ask "
                "the site."
            )
        if answer not in TRANSIENT and page is not None:
            self._has_answered = True
            self._breaker.good()
        if answer is Answer.OK:
            return page
        raise FetchError(answer, url, detail, page and page.body)

    def _give_up(self, state: tenacity.RetryCallState):
        """After the last try: what the site asked for is waited for all the same."""
        if state.upcoming_sleep:
            self._clock.sleep(state.upcoming_sleep)
        return state.outcome.result()

    def _wait_s(self, url: str, state: tenacity.RetryCallState) -> float:
        """As long as the site asks or the backoff says; gives up on a site that is down."""
        page, answer, detail = state.outcome.result()
        host, is_last = urlsplit(url).hostname, state.attempt_number == self._limits.tries
        is_main = host.removeprefix("www.") in {urlsplit(f"//{h}").hostname for h in self._hosts}
        if answer is Answer.UNREACHABLE and is_last and is_main and not self._has_answered:
            raise SiteStopped(
                f"{host} cannot be reached ({detail}): look at the network and at the site, then "
                "run the same command again."
            )
        if answer in REFUSALS and not self._breaker.bad(host, str(answer)):
            raise SiteStopped(
                f"{host} still refuses after {self._limits.breaker_pauses} long pauses "
                f"({answer}): run the same command again in some hours."
            )
        asked = retry_after_s(page and page.headers.get("Retry-After"))
        if asked > self._limits.longest_wait_s:
            raise SiteStopped(
                f"{host} asks to be left alone for {asked / 60:.0f} minutes: run the same "
                "command again after that."
            )
        return max(asked, 0 if is_last else self._backoff(state))

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
        host = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        if host not in self._robots:
            self._robots[host] = Robots()  # robots.txt itself may always be asked for
            try:
                self._robots[host] = self._robots_reader.read(host)
            except BaseException:
                del self._robots[host]
                raise
            self._bucket.interval_s = max(
                self._bucket.interval_s, self._robots[host].crawl_delay_s
            )
        return self._robots[host]


def _judged(judge: Callable, page: Page) -> tuple[Answer, str]:
    """What the site's own eye says; a page that it stumbles over is one that cannot be read."""
    try:
        judged = judge(page)
    except Exception as error:
        return Answer.UNREADABLE, f"{type(error).__name__}: {error}"
    return judged if isinstance(judged, tuple) else (judged, "")


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
