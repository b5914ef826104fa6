"""Trying a URL again: how often, after what wait, and when to give up on it or on its site."""

from __future__ import annotations

from collections.abc import Callable, Collection
from urllib.parse import urlsplit

import tenacity

from crawler.fetch.answers import AMBIGUOUS, REFUSALS, TRANSIENT, Answer, FetchError
from crawler.fetch.limits import Limits
from crawler.fetch.pace import Breaker, Clock, retry_after_s
from crawler.shared.errors import UserError


class SiteStopped(UserError):
    """The site does not let us go on now; nothing is lost and a later run goes on."""


class Patience:
    """What a session knows of how well its site is, and how long it waits because of it.

    Args:
        hosts: The site's registered names.
        limits: Tries, pauses and waits.
        clock: What waits.
        is_up: Asks whether a URL's host answers something else.
    """

    def __init__(
        self, hosts: Collection[str], limits: Limits, clock: Clock, is_up: Callable[[str], bool]
    ):
        self._main_hosts = {urlsplit(f"//{host}").hostname for host in hosts}
        self._limits = limits
        self._clock = clock
        self._is_up = is_up
        doubling = tenacity.wait_exponential(limits.backoff_s, limits.backoff_cap_s)
        self._backoff = doubling + tenacity.wait_random(0, limits.backoff_s / 4)
        self._breaker = Breaker(
            limits.breaker_failures, limits.breaker_pause_s, limits.breaker_pauses, clock
        )
        self._has_answered = False

    def good(self) -> None:
        """Note a proper answer."""
        self._has_answered = True
        self._breaker.good()

    def tries(self, url: str) -> tenacity.Retrying:
        """What calls a function that asks for a URL, until the answer is worth no other try.

        The function returns the page, the answer and its detail; so does what this returns.

        Raises:
            FetchError: The site is well but for this URL.
            SiteStopped: The site is down, or wants us to go away.
        """
        n_pauses = self._breaker.n_pauses
        return tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda said: said[1] in TRANSIENT),
            stop=tenacity.stop_after_attempt(self._limits.tries),
            wait=lambda state: self._wait_s(url, state, n_pauses),
            retry_error_callback=self._give_up,
            sleep=self._clock.sleep,
        )

    def _give_up(self, state: tenacity.RetryCallState):
        """After the last try: what the site asked for is waited for all the same."""
        if state.upcoming_sleep:
            self._clock.sleep(state.upcoming_sleep)
        return state.outcome.result()

    def _wait_s(self, url: str, state: tenacity.RetryCallState, n_pauses: int) -> float:
        """As long as the site asks or the backoff says; gives up on a site that is down.

        Args:
            url: What is asked for.
            state: What came of it.
            n_pauses: How many long pauses there were before it was asked for.
        """
        page, answer, detail = state.outcome.result()
        host, is_last = urlsplit(url).hostname, state.attempt_number == self._limits.tries
        is_main = host.removeprefix("www.") in self._main_hosts
        if answer is Answer.UNREACHABLE and is_last and is_main and not self._has_answered:
            raise SiteStopped(
                f"{host} cannot be reached ({detail}): look at the network and at the site, then "
                "run the same command again."
            )
        asked = retry_after_s(page and page.headers.get("Retry-After"))
        has_paused = self._breaker.n_pauses > n_pauses  # since this URL was first asked for
        if has_paused and answer in AMBIGUOUS and not asked and self._is_up(url):
            # The breaker stays as it is: several such URLs in a row end the run all the same.
            raise FetchError(answer, url, detail, page and page.body)
        if answer in REFUSALS and not self._breaker.bad(host, str(answer)):
            raise SiteStopped(
                f"{host} still refuses after {self._limits.breaker_pauses} long pauses "
                f"({answer}): run the same command again in some hours."
            )
        if asked > self._limits.longest_wait_s:
            raise SiteStopped(
                f"{host} asks to be left alone for {asked / 60:.0f} minutes: run the same "
                "command again after that."
            )
        return max(asked, 0 if is_last else self._backoff(state))
