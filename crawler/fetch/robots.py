"""robots.txt: asked for once a day and host, read by Protego, obeyed as RFC 9309 says."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from typing import Protocol

from protego import Protego

from crawler.fetch.answers import TRANSIENT, Answer, FetchError
from crawler.fetch.pace import Clock
from crawler.fetch.transport import AGENT, Page
from crawler.shared.errors import UserError

log = logging.getLogger(__name__)
ROBOTS_LAST_S = 24 * 3600  # RFC 9309, section 2.4
LONGEST_DELAY_S = 3600.0  # a Crawl-delay beyond it is taken as this
DISALLOW_ALL = "User-agent: *\nDisallow: /\n"


class Robots:
    """The rules of one host for one crawler.

    Protego takes an agent's name that begins like ours for ours; the standard wants the whole
    product token (RFC 9309, section 2.2.1), so which group holds is decided here.

    Args:
        text: The file.
        agent: The crawler's product token.
        read_at: When the host sent it [seconds since 1970].
    """

    def __init__(self, text: str = "", agent: str = AGENT, read_at: float = math.inf):
        self.read_at = read_at
        self._rules = Protego.parse(text)
        named = rf"^\s*user-?agent\s*:\s*({re.escape(agent)}(?:/\S*)?)\s*(?:#.*)?$"
        group = re.search(named, text, re.IGNORECASE | re.MULTILINE)
        self._agent = group[1] if group else "*"

    @property
    def crawl_delay_s(self) -> float:
        """The least time between two requests that the host asks for."""
        delay = self._rules.crawl_delay(self._agent) or 0.0
        return min(delay, LONGEST_DELAY_S) if delay > 0 else 0.0  # not for NaN either

    def allows(self, url: str) -> bool:
        """Whether a URL may be asked for: the longest matching rule says; a tie allows."""
        return self._rules.can_fetch(url, self._agent)


class RobotsStore(Protocol):
    """Where robots.txt is kept between runs; the archive is one."""

    def robots(self, host: str) -> tuple[int, str, float] | None:
        """Status, text and time of reading."""

    def save_robots(self, host: str, status: int, body: str, decision: str, at: float) -> None:
        """Keep them."""


class RobotsInMemory:
    """Keeps robots.txt for as long as the program runs."""

    def __init__(self):
        self._kept: dict[str, tuple[int, str, float]] = {}

    def robots(self, host: str) -> tuple[int, str, float] | None:
        """See :class:`RobotsStore`."""
        return self._kept.get(host)

    def save_robots(self, host: str, status: int, body: str, decision: str, at: float) -> None:
        """See :class:`RobotsStore`."""
        self._kept[host] = (status, body, at)


class RobotsReader:
    """Gets a host's rules, from the store or from the host, at most once a day.

    Args:
        fetch: Fetches the file; raises ``FetchError``.
        store: Where it is kept.
        clock: What tells its age.
    """

    def __init__(self, fetch: Callable[[str], Page], store: RobotsStore, clock: Clock):
        self._fetch = fetch
        self._store = store
        self._clock = clock
        self._known: dict[str, Robots] = {}

    def rules(self, host: str) -> Robots:
        """The rules of ``host`` (with its scheme), no older than a day.

        As RFC 9309, section 2.3.1, says: a 4xx (but 429) and redirects in a circle mean that
        there is no such file and everything is allowed; of a file that is too long the
        beginning holds.  One that leads off the site is taken to forbid everything.

        Raises:
            UserError: The host could not say (5xx, 429, no answer): for now nothing is asked.
        """
        known = self._known.get(host)
        if known is None or self._is_old(known.read_at):
            self._known[host] = Robots()  # robots.txt itself may always be asked for
            try:
                self._known[host] = self._read(host)
            except BaseException:
                del self._known[host]
                raise
        return self._known[host]

    def _read(self, host: str) -> Robots:
        kept = self._store.robots(host)
        if kept is not None and not self._is_old(kept[2]):
            return Robots(kept[1], read_at=kept[2])
        status, body = self._ask(f"{host}/robots.txt")
        rules = Robots(body, read_at=self._clock.wall())
        n_rules = len(re.findall(r"^\s*(?:dis)?allow\s*:\s*\S", body, re.I | re.M))
        decision = f"HTTP {status}: {n_rules} rules, crawl delay {rules.crawl_delay_s:g} s"
        log.info("%s/robots.txt: %s", host, decision)
        self._store.save_robots(host, status, body, decision, rules.read_at)
        return rules

    def _is_old(self, read_at: float) -> bool:
        return self._clock.wall() - read_at >= ROBOTS_LAST_S

    def _ask(self, url: str) -> tuple[int, str]:
        try:
            page = self._fetch(url)
        except FetchError as error:
            if error.answer is Answer.TOO_LARGE:
                return 200, _text(error.body or b"")
            if error.answer in _NO_FILE:
                return 404, ""
            if error.answer is Answer.PRIVATE:
                raise UserError(
                    f"{url} {error.reason}: if that server is your own, say --allow-private."
                ) from error
            if error.answer not in TRANSIENT:
                return 403, DISALLOW_ALL
            raise UserError(
                f"{url} could not be read ({error.reason}), and until it can nothing may be "
                "asked of the site: run the same command again later."
            ) from error
        return page.status, _text(page.body)


_NO_FILE = (Answer.MISSING, Answer.FORBIDDEN, Answer.UNAUTHORIZED, Answer.UNEXPECTED)


def _text(body: bytes) -> str:
    return body.decode("utf-8-sig", "replace").replace("\0", "")
