"""How fast to ask and how long to wait: clock, token bucket, backoff, circuit breaker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import numpy as np
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The user asked to stop while the crawler was waiting."""


class Clock:
    """Time as the crawler knows it; tests hand in one that does not really wait.

    Args:
        stop_asked: Looked at several times a second while sleeping.
    """

    def __init__(self, stop_asked: Callable[[], bool] = lambda: False):
        self._stop_asked = stop_asked

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait; raises :class:`Stopped` as soon as the user asks to stop."""
        end = self.now() + seconds
        while True:
            if self._stop_asked():
                raise Stopped
            left = end - self.now()
            if left <= 0:
                return
            time.sleep(min(left, 0.2))


class TokenBucket:
    """Lets one request through at a time, and the next an interval and some jitter later.

    A bucket for one token: an idle hour earns no burst.

    Args:
        interval_s: The least time between the starts of two requests.
        jitter_s: A random part of this is added each time.
        clock: What tells the time and waits.
        rng: Where the jitter comes from.
    """

    def __init__(self, interval_s: float, jitter_s: float, clock: Clock, rng: np.random.Generator):
        self.interval_s = interval_s
        self._jitter_s = jitter_s
        self._clock = clock
        self._rng = rng
        self._last = -np.inf
        self._jitter = 0.0

    def take(self) -> None:
        """Wait for the next request's turn."""
        due = self._last + self.interval_s + self._jitter
        self._clock.sleep(max(0.0, due - self._clock.now()))
        self._last = self._clock.now()
        self._jitter = self._jitter_s * self._rng.random()


class Breaker:
    """Leaves a site alone for minutes once it has refused several requests in a row.

    Own code, since no library's breaker waits in place: they fail the calls of an open circuit,
    while a crawler has nothing else to do than to wait.

    Args:
        failures: How many refusals in a row open it.
        pause_s: How long it stays open; doubled each time that the site has not recovered.
        pauses: After so many pauses without one good answer between them, give up.
        clock: What waits.
    """

    def __init__(self, failures: int, pause_s: float, pauses: int, clock: Clock):
        self._failures = failures
        self._pause_s = pause_s
        self._pauses = pauses
        self._clock = clock
        self._failed = 0
        self.n_pauses = 0  # since the last good answer

    def good(self) -> None:
        """Note a proper answer."""
        self._failed = 0
        self.n_pauses = 0

    def bad(self, host: str, why: str) -> bool:
        """Note a refusal and, if it was one too many, pause; False means to give up."""
        self._failed += 1
        # After a pause a single refusal is enough: the site has not recovered.
        if self._failed < self._failures and not self.n_pauses:
            return True
        if self.n_pauses == self._pauses:
            return False
        pause = self._pause_s * 2**self.n_pauses
        self.n_pauses += 1
        log.warning(
            "%s refused %d requests in a row (%s): leaving it alone for %.0f minutes",
            host,
            self._failed,
            why,
            pause / 60,
        )
        self._clock.sleep(pause)
        return True


def retry_after_s(value: str | None) -> float:
    """Seconds that a Retry-After header asks for, given as seconds or as a date; 0 for none.

    A value that is neither (``soon``, ``²``) asks for nothing.
    """
    if not value:
        return 0.0
    try:
        return float(Retry().parse_retry_after(value))
    except (InvalidHeader, ValueError, OverflowError):
        return 0.0
