"""The one state of a data set: an sqlite database of pages, posts, images, faces, failures.

Pages are a queue: reading one adds, in a single transaction, its posts with their images and
the pages that come after it.  Whatever is ``wanted`` is still to be done, in the order of the
ids, so a crawl that was killed goes on exactly where it was, and two crawls of the same site
give the same rows.
"""

from __future__ import annotations

from crawler.archive.faces import Faces
from crawler.archive.pages import PageQueue
from crawler.archive.posts import Posts


class Archive(PageQueue, Posts, Faces):
    """What is known of a data set; see :class:`crawler.database.Database` for opening it."""

    def counts(self, table: str) -> dict[tuple[str, str | None], int]:
        """How many rows of a table are in each state, for each reason."""
        rows = self.connection.execute(
            f"SELECT state, reason, count(*) FROM {table} GROUP BY state, reason ORDER BY 1, 2"
        )
        return {(state, reason): n for state, reason, n in rows}

    def failures(self) -> list[tuple[str, str, int]]:
        """URL, reason and tries of what failed, the latest first."""
        return self.connection.execute(
            "SELECT url, reason, tries FROM failures ORDER BY last DESC, url"
        ).fetchall()

    def n_tries(self, url: str) -> int:
        """In how many runs a URL has failed since it was last had."""
        row = self._row("SELECT tries FROM failures WHERE url = ?", url)
        return row[0] if row else 0

    def robots_decisions(self) -> list[tuple[str, str]]:
        """What was decided on each host's robots.txt."""
        return self.connection.execute("SELECT host, decision FROM robots ORDER BY 1").fetchall()

    def robots(self, host: str) -> tuple[int, str, float] | None:
        """The status, the text and the time (seconds) of a host's robots.txt, if it was read."""
        return self._row("SELECT status, body, read_at FROM robots WHERE host = ?", host)

    def save_robots(self, host: str, status: int, body: str, decision: str, at: float) -> None:
        """Keep a host's robots.txt and what was decided on it."""
        self.connection.execute(
            "INSERT OR REPLACE INTO robots VALUES (?, ?, ?, ?, ?)",
            (host, status, body, decision, at),
        )
