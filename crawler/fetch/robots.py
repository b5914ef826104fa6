"""robots.txt as RFC 9309 reads it: the longest rule wins, with * and $.

The standard library's parser takes the first rule that matches and knows no wildcards, so it
would allow what a rule such as ``Disallow: /*?page=dapi`` forbids.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote, urlsplit

from crawler.fetch.answers import TRANSIENT, Answer, FetchError
from crawler.fetch.pace import Clock
from crawler.fetch.transport import AGENT, Page
from crawler.shared.errors import UserError

log = logging.getLogger(__name__)
ROBOTS_LAST_S = 24 * 3600  # RFC 9309, section 2.4
DISALLOW_ALL = "User-agent: *\nDisallow: /\n"


@dataclass
class Robots:
    """The rules of one host for one crawler."""

    rules: list[tuple[bool, str]] = field(default_factory=list)  # (is allowed, path pattern)
    crawl_delay_s: float = 0.0

    @classmethod
    def parse(cls, text: str, agent: str) -> Robots:
        """Take the groups that name ``agent``, or those for everyone when none does."""
        groups: dict[str, Robots] = {}
        names: list[str] = []
        names_end = False
        for line in text.splitlines():
            key, _, value = line.split("#")[0].partition(":")
            key, value = key.strip().lower(), value.strip()
            if key == "user-agent":
                if names_end:
                    names, names_end = [], False
                names.append(value.lower())
                groups.setdefault(names[-1], cls())
            elif key in ("allow", "disallow", "crawl-delay"):
                names_end = True
                for name in names:
                    groups[name]._add(key, value)
        agent = agent.lower()
        return next(
            (group for name, group in groups.items() if name != "*" and name in agent),
            groups.get("*", cls()),
        )

    def _add(self, key: str, value: str) -> None:
        if key == "crawl-delay":
            if re.fullmatch(r"\d+(\.\d+)?", value):
                self.crawl_delay_s = max(self.crawl_delay_s, float(value))
        elif value:
            self.rules.append((key == "allow", unquote(value)))

    def allows(self, url: str) -> bool:
        """Whether a URL may be asked for: the longest matching rule says; a tie allows."""
        parts = urlsplit(url)
        path = unquote(parts.path or "/") + (f"?{unquote(parts.query)}" if parts.query else "")
        matching = [(len(rule), allowed) for allowed, rule in self.rules if _matches(rule, path)]
        return max(matching)[1] if matching else True


def _matches(rule: str, path: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in rule.removesuffix("$").split("*"))
    return re.match(pattern + ("$" if rule.endswith("$") else ""), path) is not None


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

    def read(self, host: str) -> Robots:
        """The rules of ``host`` (with its scheme).

        No such file allows everything; one that is kept from us forbids everything.

        Raises:
            UserError: The host could not say, which for now forbids everything.
        """
        kept = self._store.robots(host)
        if kept is not None and self._clock.wall() - kept[2] < ROBOTS_LAST_S:
            return Robots.parse(kept[1], AGENT)
        status, body = self._ask(f"{host}/robots.txt")
        rules = Robots.parse(body, AGENT)
        decision = (
            f"HTTP {status}: {len(rules.rules)} rules for this crawler, "
            f"crawl delay {rules.crawl_delay_s:g} s"
        )
        log.info("%s/robots.txt: %s", host, decision)
        self._store.save_robots(host, status, body, decision, self._clock.wall())
        return rules

    def _ask(self, url: str) -> tuple[int, str]:
        try:
            page = self._fetch(url)
        except FetchError as error:
            if error.answer in (Answer.MISSING, Answer.UNEXPECTED):
                return 404, ""
            if error.answer is Answer.PRIVATE:
                raise UserError(
                    f"{url} {error.reason}: if that server is your own, say --allow-private."
                ) from error
            if error.answer not in TRANSIENT or error.answer is Answer.FORBIDDEN:
                return 403, DISALLOW_ALL
            raise UserError(
                f"{url} could not be read ({error.reason}), and until it can nothing may be "
                "asked of the site: run the same command again later."
            ) from error
        return page.status, page.body.decode("utf-8", "replace")
