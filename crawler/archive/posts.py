"""Posts and their pictures, from wanted to done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.archive.tables import Tables
from crawler.schema import ImageRow, PostRow

if TYPE_CHECKING:
    from crawler.fetch import FetchError, Picture


class Posts(Tables):
    """What is to be fetched of each post, and what became of it.

    A post's sample and its original show the same faces: no more than one of them is in the set.
    """

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

    def store_image(self, image: ImageRow, picture: Picture) -> list[str]:
        """Note that a picture was fetched; one whose bytes are known is a duplicate.

        An original takes the place of a sample that is in the set.

        Returns:
            The ids of the sample's faces, whose files are to be deleted.
        """
        with self.transaction():
            outdated = self._replace_sample(image.post) if image.role == "original" else []
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
        return outdated

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
        """Put a picture that failed back to be fetched, where its post still needs it.

        Of a sample and an original that are both wanted the original is spare, as it was at first;
        a sample whose original is there is needed no more.
        """
        with self.transaction():
            is_there = "role = 'original' AND state IN ('stored', 'cut', 'duplicate')"
            if image.role == "sample" and self._row(
                f"SELECT 1 FROM images WHERE post = ? AND {is_there}", image.post
            ):
                self._set_state("images", image.id, "replaced", None)
                self._forget_failure(image.url)
                return
            self._set_state("images", image.id, "wanted", None)
            self._set_state("posts", image.post, "wanted", None)
            spare = self._row(
                "SELECT original.id, original.url FROM images original "
                "JOIN images sample USING (post, state) WHERE post = ? AND state = 'wanted' "
                "AND original.role = 'original' AND sample.role = 'sample'",
                image.post,
            )
            if spare:
                self._set_state("images", spare[0], "spare", None)
                self._forget_failure(spare[1])

    def replace_image(self, image: ImageRow, by: ImageRow) -> None:
        """Take a spare picture of the same post in the place of one that does not do."""
        with self.transaction():
            self._set_state("images", image.id, "replaced", None)
            self._set_state("images", by.id, "wanted", None)

    def _replace_sample(self, post_id: int) -> list[str]:
        """Take a post's sample out of the set; returns the ids of the faces that it had."""
        of = "post = ? AND role = 'sample' AND state IN ('stored', 'cut')"
        of_sample = f"image_id IN (SELECT id FROM images WHERE {of})"
        faces = self.connection.execute(
            f"SELECT id FROM faces WHERE {of_sample} ORDER BY id", (post_id,)
        ).fetchall()
        self.connection.execute(f"DELETE FROM faces WHERE {of_sample}", (post_id,))
        self.connection.execute(
            f"UPDATE images SET state = 'replaced', reason = NULL WHERE {of}", (post_id,)
        )
        return [face_id for (face_id,) in faces]
