"""The one state of a data set: an sqlite database of pages, posts, images, faces, failures.

Pages are a queue: reading one adds, in a single transaction, its posts with their images and
the pages that come after it.  Whatever is ``wanted`` is still to be done, in the order of the
ids, so a crawl that was killed goes on exactly where it was, and two crawls of the same site
give the same rows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crawler.database import Database
from crawler.schema import FaceRow, ImageRow, PageRow, PostRow

if TYPE_CHECKING:
    from crawler.fetch import FetchError, Picture
    from crawler.sources.base import PageRequest, PostItem, Reading


class Archive(Database):
    """What is known of a data set; see :class:`crawler.database.Database` for opening it."""

    def fact(self, key: str, default: Any = None) -> Any:
        """A small thing worth keeping, such as the settings or the site's total."""
        row = self._row("SELECT value FROM facts WHERE key = ?", key)
        return default if row is None else json.loads(row[0])

    def set_fact(self, key: str, value: Any) -> None:
        """Keep a small thing; it must be JSON."""
        self.connection.execute(
            "INSERT OR REPLACE INTO facts VALUES (?, ?)",
            (key, json.dumps(value, ensure_ascii=False, sort_keys=True)),
        )

    # Pages

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

    # Posts and images

    def next_posts(self, n: int, *, walk: int | None = None) -> list[PostRow]:
        """The first posts that still have something to fetch or cut (of one walk, or of all)."""
        rows = self.connection.execute(
            "SELECT posts.id, posts.post_id, posts.page_url FROM posts "
            "JOIN pages ON pages.id = posts.page_id "
            "WHERE posts.state = 'wanted' AND (? IS NULL OR pages.walk = ?) "
            "ORDER BY posts.id LIMIT ?",
            (walk, walk, n),
        )
        return [PostRow(*row) for row in rows]

    def posts_of_page(self, page_id: int) -> list[PostRow]:
        """The unfinished posts that one page told of."""
        rows = self.connection.execute(
            "SELECT id, post_id, page_url FROM posts WHERE page_id = ? AND state = 'wanted' "
            "ORDER BY id",
            (page_id,),
        )
        return [PostRow(*row) for row in rows]

    def n_settled_posts(self) -> int:
        """How many posts are done or were skipped."""
        return self._row("SELECT count(*) FROM posts WHERE state IN ('done', 'skipped')")[0]

    def finish_post(self, post: PostRow) -> None:
        """Note that nothing of a post is left to do."""
        self._set_state("posts", post.id, "done", None)

    def posts_with_failures(self) -> list[PostRow]:
        """Posts of which a picture failed, oldest first."""
        rows = self.connection.execute(
            "SELECT DISTINCT posts.id, posts.post_id, posts.page_url FROM posts "
            "JOIN images ON images.post = posts.id WHERE images.state = 'failed' "
            "ORDER BY posts.id"
        )
        return [PostRow(*row) for row in rows]

    def images(self, post: PostRow, *states: str) -> list[ImageRow]:
        """A post's pictures that are in one of the states, in their order."""
        rows = self.connection.execute(
            "SELECT id, post, url, role, state, stated_md5, sha256, path FROM images "
            f"WHERE post = ? AND state IN ({', '.join('?' * len(states))}) ORDER BY id",
            (post.id, *states),
        )
        return [ImageRow(*row, post.page_url) for row in rows]

    def store_image(self, image: ImageRow, picture: Picture) -> None:
        """Note that a picture was fetched; one whose bytes are known is a duplicate."""
        with self.transaction():
            twin = self._row(
                "SELECT 1 FROM images WHERE sha256 = ? AND id != ? "
                "AND state IN ('stored', 'cut') LIMIT 1",
                picture.sha256,
                image.id,
            )
            self.connection.execute(
                "UPDATE images SET state = ?, reason = ?, sha256 = ?, md5 = ?, bytes = ?, "
                "width = ?, height = ?, path = ?, flag = ? WHERE id = ?",
                (
                    "duplicate" if twin else "stored",
                    "same bytes as an earlier one" if twin else None,
                    picture.sha256,
                    picture.md5,
                    picture.n_bytes,
                    picture.width,
                    picture.height,
                    picture.path,
                    picture.flag,
                    image.id,
                ),
            )
            self._forget_failure(image.url)

    def fail_image(self, image: ImageRow, error: FetchError) -> None:
        """Note that a picture could not be had, and use what the post has in its place.

        That is its spare picture or, if this was the spare one, the picture that it was to
        replace.
        """
        with self.transaction():
            self._set_state("images", image.id, "failed", str(error.answer))
            self._add_failure(image.url, error.reason, image_id=image.id)
            self.connection.execute(
                "UPDATE images SET state = CASE state WHEN 'spare' THEN 'wanted' ELSE 'stored' "
                "END WHERE post = ? AND state IN ('spare', 'replaced')",
                (image.post,),
            )

    def want_image(self, image: ImageRow) -> None:
        """Put a picture that failed back to be fetched."""
        with self.transaction():
            self._set_state("images", image.id, "wanted", None)
            self._set_state("posts", image.post, "wanted", None)

    def replace_image(self, image: ImageRow, by: ImageRow) -> None:
        """Take a spare picture of the same post in the place of one that does not do."""
        with self.transaction():
            self._set_state("images", image.id, "replaced", None)
            self._set_state("images", by.id, "wanted", None)

    # Faces

    def add_faces(
        self,
        image: ImageRow,
        faces: Sequence[FaceRow],
        *,
        size: tuple[int, int] | None,
        profile: str,
        detector: tuple[str, str],
        reason: str | None = None,
    ) -> None:
        """Store the faces of a picture in place of all that it had before.

        Args:
            image: The picture.
            faces: What the cutter found in it.
            size: The picture's width and height in pixels, where the cutter tells them.
            profile: How the faces were cut.
            detector: The name and the sha256 of what found them.
            reason: Why there is no face.
        """
        with self.transaction():
            self.connection.execute("DELETE FROM faces WHERE image_id = ?", (image.id,))
            for face in faces:
                self.connection.execute(
                    f"INSERT INTO faces VALUES ({', '.join('?' * 16)})",
                    (face.id, image.id, face.index, *face.box)
                    + (face.score, profile, *detector, face.tilt, face.phash)
                    + ("quarantined" if face.reason else "accepted", face.reason, face.sha256),
                )
            if size is not None:
                self.connection.execute(
                    "UPDATE images SET width = ?, height = ? WHERE id = ?", (*size, image.id)
                )
            self._set_state("images", image.id, "cut", reason)

    def n_faces(self, state: str = "accepted") -> int:
        """How many faces are in a state."""
        return self._row("SELECT count(*) FROM faces WHERE state = ?", state)[0]

    # What `status` tells

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

    def robots_decisions(self) -> list[tuple[str, str]]:
        """What was decided on each host's robots.txt."""
        return self.connection.execute("SELECT host, decision FROM robots ORDER BY 1").fetchall()

    # robots.txt

    def robots(self, host: str) -> tuple[int, str, float] | None:
        """The status, the text and the time (seconds) of a host's robots.txt, if it was read."""
        return self._row("SELECT status, body, read_at FROM robots WHERE host = ?", host)

    def save_robots(self, host: str, status: int, body: str, decision: str, at: float) -> None:
        """Keep a host's robots.txt and what was decided on it."""
        self.connection.execute(
            "INSERT OR REPLACE INTO robots VALUES (?, ?, ?, ?, ?)",
            (host, status, body, decision, at),
        )

    def _set_state(self, table: str, row_id: int, state: str, reason: str | None) -> None:
        self.connection.execute(
            f"UPDATE {table} SET state = ?, reason = ? WHERE id = ?", (state, reason, row_id)
        )

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

    def _add_failure(self, url: str, reason: str, **of: int) -> None:
        self.connection.execute(
            "INSERT INTO failures VALUES (?, ?, ?, ?, 1, ?) ON CONFLICT (url) DO UPDATE "
            "SET reason = excluded.reason, tries = tries + 1, last = excluded.last",
            (url, of.get("page_id"), of.get("image_id"), reason, time.time()),
        )

    def _forget_failure(self, url: str) -> None:
        self.connection.execute("DELETE FROM failures WHERE url = ?", (url,))
