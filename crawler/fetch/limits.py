"""How much the crawler asks of a site, and how much it takes from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Pace, patience and caps of one session."""

    interval_s: float = 1.0  # least time between two requests
    jitter_s: float = 0.2  # a random part of this is added
    connect_timeout_s: float = 15.0
    read_timeout_s: float = 30.0  # between two packets
    answer_timeout_s: float = 60.0  # for a whole answer, however slowly it drips
    tries: int = 4  # of one URL
    backoff_s: float = 2.0  # after the first try, then doubling
    backoff_cap_s: float = 60.0
    longest_wait_s: float = 900.0  # a Retry-After beyond this ends the run
    breaker_failures: int = 5
    breaker_pause_s: float = 300.0
    breaker_pauses: int = 3
    robots_bytes: int = 500 << 10
    page_bytes: int = 16 << 20
    picture_bytes: int = 40 << 20
    picture_pixels: int = 64_000_000
