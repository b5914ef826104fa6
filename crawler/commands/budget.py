"""What a run may still take: its limits hold over all rounds of a crawl."""

from __future__ import annotations

import dataclasses

from crawler.fetch import Clock
from crawler.goals import Goals


class Budget:
    """What is left of the limits that a run was given.

    A crawl for so many faces goes on in rounds as long as near-duplicates leave fewer, and each
    round is a crawl of its own that counts from 0.

    Args:
        goals: What the user set.
        clock: What tells the time.
    """

    def __init__(self, goals: Goals, clock: Clock):
        self._goals = goals
        self._clock = clock
        self._began: float | None = None
        self._n_items = 0
        self._n_bytes = 0

    def spend(self, n_items: int, n_bytes: int) -> None:
        """Count what a round has finished and taken from the site."""
        self._n_items += n_items
        self._n_bytes += n_bytes

    def left(self) -> Goals:
        """The goals of the next round; the first is given all, and its time begins to run."""
        if self._began is None:
            self._began = self._clock.now()
        hours = (self._clock.now() - self._began) / 3600
        return dataclasses.replace(
            self._goals,
            max_items=_less(self._goals.max_items, self._n_items),
            max_bytes=_less(self._goals.max_bytes, self._n_bytes),
            max_hours=_less(self._goals.max_hours, hours),
        )

    def limits(self) -> dict[str, float]:
        """What is left, by the names of the flags that were given."""
        left = self.left()
        limits = {
            "--max-items": left.max_items,
            "--max-bytes": left.max_bytes,
            "--max-hours": left.max_hours,
        }
        return {flag: n for flag, n in limits.items() if n is not None}


def _less(limit: float | None, spent: float) -> float | None:
    return None if limit is None else max(limit - spent, 0)
