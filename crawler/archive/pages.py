"""The queue of pages: what is wanted, what a page led to, what could not be read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crawler.archive.tables import Tables
from crawler.fetch.answers import Answer
from crawler.schema import PageRow

if TYPE_CHECKING:
    from crawler.fetch import FetchError
    from crawler.sources.base import PageRequest, PostItem, Reading


class PageQueue(Tables):
    """Pages in the order in which they are to be read; walk by walk."""

    def begin_walk(self, walk: int, requests: Sequence[PageRequest]) -> None:
        """Queue the pages with which a walk begins, unless it has begun already."""
        with self.transaction():
            if self._row("SELECT 1 FROM pages WHERE walk = ? LIMIT 1", walk) is None:
                for request in requests:
                    self._queue(walk, request, {})

    def begin_anew(self) -> bool:
        """Empty the queue if no page of it was read yet; returns whether there is none read."""
        with self.transaction():
            if self._row("SELECT 1 FROM pages WHERE state != 'wanted' LIMIT 1"):
                return False
            self.connection.execute("DELETE FROM pages")
        return True

    def last_walk(self) -> tuple[int, bool]:
        """The number of the newest walk (-1: none yet), and whether a page of it is wanted."""
        (walk,) = self._row("SELECT coalesce(max(walk), -1) FROM pages")
        return walk, self.next_page(walk) is not None

    def unfinished_updates(self) -> list[int]:
        """The walks of updates of which a page or a post is wanted, oldest first."""
        rows = self.connection.execute(
            "SELECT walk FROM pages WHERE walk > 0 AND state = 'wanted' "
            "UNION SELECT walk FROM posts JOIN pages ON pages.id = posts.page_id "
            "WHERE walk > 0 AND posts.state = 'wanted' ORDER BY walk"
        )
        return [walk for (walk,) in rows]

    def next_page(self, walk: int) -> PageRow | None:
        """The first page of a walk that is still to be read."""
        row = self._row(
            "SELECT id, walk, kind, url, cursor FROM pages WHERE state = 'wanted' AND walk = ? "
            "ORDER BY id LIMIT 1",
            walk,
        )
        return row and PageRow(*row[:4], json.loads(row[4]))

    def failed_pages(self) -> list[PageRow]:
        """Pages that could not be read, oldest first."""
        rows = self.connection.execute(
            "SELECT id, walk, kind, url, cursor FROM pages WHERE state = 'failed' ORDER BY id"
        )
        return [PageRow(*row[:4], json.loads(row[4])) for row in rows]

    def failed_answers(self) -> dict[Answer, int]:
        """How many pages failed with each answer."""
        rows = self.connection.execute(
            "SELECT reason, count(*) FROM pages WHERE state = 'failed' GROUP BY 1 ORDER BY 1"
        )
        return {Answer(reason): n for reason, n in rows}

    def finish_page(
        self, page: PageRow, source: str, reading: Reading, *, stop_after_known: int | None = None
    ) -> bool:
        """Store all that a page said, at once.

        Args:
            page: The page.
            source: The source's name.
            reading: What the page said.
            stop_after_known: End the walk when so many posts in a row, counted over its
                pages, were known before.

        Returns:
            Whether the walk goes on.
        """
        known = page.cursor.get("known", 0)
        with self.transaction():
            for post in reading.posts:
                known = 0 if self._add_post(page.id, source, post) else known + 1
                if stop_after_known is not None and known >= stop_after_known:
                    break
            for request in reading.then:
                if stop_after_known is not None and known >= stop_after_known:
                    break
                if not request.is_item:
                    self._queue(page.walk, request, {"known": known} if known else {})
                elif self._row("SELECT 1 FROM pages WHERE url = ? LIMIT 1", request.url):
                    known += 1
                else:
                    self._queue(page.walk, request, {})
                    known = 0
            for key, value in reading.facts.items():
                self.set_fact(key, value)
            self._set_state("pages", page.id, "done", None)
            self._forget_failure(page.url)
        return stop_after_known is None or known < stop_after_known

    def fail_page(self, page: PageRow, error: FetchError, then: Sequence[PageRequest]) -> None:
        """Note that a page could not be read, and where its walk goes on."""
        with self.transaction():
            for request in then:
                self._queue(page.walk, request, {})
            self._set_state("pages", page.id, "failed", str(error.answer))
            self._add_failure(page.url, error.reason, page_id=page.id)

    def want_page(self, page_id: int) -> None:
        """Put a page that failed back into the queue."""
        self._set_state("pages", page_id, "wanted", None)

    def _queue(self, walk: int, request: PageRequest, more: Mapping[str, Any]) -> None:
        """Queue a page that its walk does not have; what followed a failed one was queued then."""
        if self._row("SELECT 1 FROM pages WHERE url = ? AND walk = ?", request.url, walk):
            return
        cursor = json.dumps({**request.cursor, **more}, ensure_ascii=False, sort_keys=True)
        self.connection.execute(
            "INSERT INTO pages (walk, kind, url, cursor, state) VALUES (?, ?, ?, ?, 'wanted')",
            (walk, request.kind, request.url, cursor),
        )

    def _add_post(self, page_id: int, source: str, post: PostItem) -> bool:
        """Add a post and its pictures; False when it was known."""
        added = self.connection.execute(
            "INSERT OR IGNORE INTO posts (page_id, source, post_id, group_key, page_url, title, "
            "character, tags, rating, date, artist, meta, state, reason) "
            f"VALUES ({', '.join('?' * 14)})",
            (page_id, source, post.post_id, post.group_key, post.page_url)
            + (post.title, post.character, post.tags, post.rating, post.date, post.artist)
            + (json.dumps(dict(post.meta), ensure_ascii=False, sort_keys=True),)
            + ("skipped" if post.skip_reason else "wanted", post.skip_reason),
        )
        if not added.rowcount:
            return False
        if not post.skip_reason:
            self.connection.executemany(
                "INSERT INTO images (post, url, role, character, state, stated_md5) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (added.lastrowid, image.url, image.role, image.character)
                    + ("spare" if image.is_spare else "wanted", image.md5)
                    for image in post.images
                ],
            )
        return True
