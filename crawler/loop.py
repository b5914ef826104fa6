"""The loop that every source shares: page, pictures, faces, until enough or nothing is left."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from tqdm import tqdm

from crawler.archive import Archive
from crawler.dataset.storing import remove_face, store_cut
from crawler.faces import CutResult, FacePool, FaceSettings
from crawler.fetch import Clock, FetchError, Stopped
from crawler.fetch.answers import REFUSALS
from crawler.fetch.pages import keep_failed
from crawler.goals import Goals
from crawler.schema import ImageRow, PageRow, PostRow
from crawler.shared.errors import UserError

if TYPE_CHECKING:
    from crawler.sources.base import Source

log = logging.getLogger(__name__)
BARREN = "barren_pages"  # the fact: how many pages in a row gave no picture


class _Enough(Exception):
    """A goal is reached; the text says which."""


class Crawl:
    """Drives a source until a goal is reached.

    Nothing but the archive is remembered, and it is written picture by picture, so a crawl
    may be killed anywhere and goes on with the next run.

    Args:
        archive: The data set's archive, open for writing.
        source: Where pictures come from.
        pool: What cuts faces.
        settings: How they are cut.
        goals: When to end.
        clock: What tells the time.
        stop_asked: Whether the user has asked to stop.
        bytes_taken: How much was taken from the site in this run.
    """

    def __init__(
        self,
        archive: Archive,
        source: Source,
        pool: FacePool,
        settings: FaceSettings,
        *,
        goals: Goals,
        clock: Clock,
        stop_asked: Callable[[], bool],
        bytes_taken: Callable[[], int] = lambda: 0,
    ):
        self._archive = archive
        self._source = source
        self._pool = pool
        self._settings = settings
        self._goals = goals
        self._clock = clock
        self._stop_asked = stop_asked
        self._bytes_taken = bytes_taken
        self._began = clock.now()
        self._n_items = 0
        self._n_failed = 0
        self._n_faces = archive.n_faces()
        self._n_settled = archive.n_settled_posts()
        # URLs and what puts them back: their turn came while the site was, maybe, going down
        self._failed_in_a_row: list[tuple[str, Callable[[], None]]] = []
        self._max_barren = source.max_barren_pages
        self._bar: tqdm | None = None

    def everything(self) -> str:
        """Walk through all that the source has; returns why it ended, for the user."""
        walk = 0
        if self._source.is_listed_anew:
            newest, is_unfinished = self._archive.last_walk()
            walk = newest if is_unfinished else newest + 1
        self._archive.begin_walk(walk, self._source.first_pages())
        return self._guarded(lambda: self._walk(walk, None, every_post=True))

    def update(self, stop_after_known: int | None) -> str:
        """Look for what is new, newest first, until so many posts in a row were known.

        What earlier updates left comes first: a killed one's pages, or what a list led to that
        was mended since.  What is listed anew by every run comes in no such order, so all of it
        is looked through.
        """
        if self._source.is_listed_anew:
            return self.everything()
        newest, _ = self._archive.last_walk()
        if newest not in self._archive.unfinished_updates():
            self._archive.begin_walk(max(newest, 0) + 1, self._source.update_pages())

        def work() -> str:
            for walk in self._archive.unfinished_updates():
                ending = self._walk(walk, stop_after_known, every_post=False)
            return ending

        return self._guarded(work)

    def retry_failed(self) -> str:
        """Try again what failed, and nothing else."""
        self._max_barren = None  # pages that failed, in a row, say nothing of the layout

        def work() -> str:
            for page in self._archive.failed_pages():
                self._archive.want_page(page.id)
                self._read(page, None)
                self._process(self._archive.posts_of_page(page.id))
            for post in self._archive.posts_with_failures():
                for image in self._archive.images(post, "failed"):
                    self._archive.want_image(image)
                self._process([post])
            return "everything that had failed was tried again"

        return self._guarded(work)

    def _guarded(self, work: Callable[[], str]) -> str:
        """Run with a progress bar; goals, the user's wish and a site that is down end it."""
        counts_faces = self._goals.faces is not None
        with tqdm(
            total=self._goals.faces if counts_faces else self._archive.fact("total_posts"),
            initial=self._n_faces if counts_faces else self._n_settled,
            unit="face" if counts_faces else "post",
            disable=None,
        ) as self._bar:
            try:
                ending = work()
            except _Enough as reason:
                ending = str(reason)
            except UserError:
                # The site is down: that says nothing of them, once; what fails in another run too
                # would else end every run at the same place.
                for url, want_again in self._failed_in_a_row:
                    if self._archive.n_tries(url) < 2:
                        want_again()
                raise
        return "; ".join([ending, *self._what_failed()])

    def _what_failed(self) -> list[str]:
        """What is to be said aloud of pages that could not be read."""
        answers = self._archive.failed_answers()
        said = [
            f"{n_pages} pages could not be read ({answer}): {advice}"
            for answer, n_pages in answers.items()
            if (advice := self._source.advice(answer))
        ]
        others = sum(n for answer, n in answers.items() if not self._source.advice(answer))
        if others:
            said.append(
                f"{others} pages could not be read: `status` says why, `retry-failed` asks again"
            )
        return said

    def _walk(self, walk: int, stop_after_known: int | None, *, every_post: bool) -> str:
        while True:
            self._end_if_enough()
            n_posts = self._source.posts_at_once
            if self._goals.max_items is not None:
                n_posts = min(n_posts, self._goals.max_items - self._n_items)
            posts = self._archive.next_posts(n_posts, walk=None if every_post else walk)
            if posts:
                self._process(posts)
                continue
            page = self._archive.next_page(walk)
            if page is None:
                return "nothing is left to crawl"
            self._read(page, stop_after_known)

    def _read(self, page: PageRow, stop_after_known: int | None) -> None:
        """Read a page of the queue and store what it says."""
        try:
            reading = self._source.read(page)
        except FetchError as error:
            self._fail_page(page, error)
            return
        self._failed_in_a_row.clear()
        with self._archive.transaction():
            self._archive.finish_page(
                page, self._source.name, reading, stop_after_known=stop_after_known
            )
            self._n_settled = self._archive.n_settled_posts()
            if any(post.images for post in reading.posts):
                self._archive.set_fact(BARREN, 0)
            elif not any(request.is_item for request in reading.then):
                self._note_barren()
        self._bar.total = self._goals.faces or self._archive.fact("total_posts")
        self._end_if_barren(page, "no picture")

    def _fail_page(self, page: PageRow, error: FetchError) -> None:
        kept = keep_failed(self._archive.folder, page.id, error)
        reason = f"{error.reason}; kept as {kept}" if kept else error.reason
        then = self._source.pages_after_failure(page, error.answer)
        if then is None:
            advice = self._source.advice(error.answer) or "run the same command again later"
            raise UserError(
                f"the crawl cannot go on without {page.url}, which could not be read "
                f"({reason}): {advice}."
            ) from error
        log.warning("%s: %s", page.url, reason)
        self._n_failed += 1
        with self._archive.transaction():
            self._archive.fail_page(page, error, then)
            if error.answer not in REFUSALS:
                self._note_barren()
        if error.answer in REFUSALS:
            self._failed_in_a_row.append((page.url, lambda: self._archive.want_page(page.id)))
        self._end_if_barren(page, error.reason)

    def _note_barren(self) -> None:
        if self._max_barren is not None:
            self._archive.set_fact(BARREN, self._archive.fact(BARREN, 0) + 1)

    def _end_if_barren(self, page: PageRow, reason: str) -> None:
        """A site whose layout changed would otherwise be walked through for nothing."""
        n_barren = self._archive.fact(BARREN, 0)
        if self._max_barren is None or n_barren < self._max_barren:
            return
        for answer, n_pages in self._archive.failed_answers().items():
            advice = self._source.advice(answer)
            if advice and n_pages >= n_barren / 2:
                raise UserError(f"{n_pages} pages could not be read ({answer}): {advice}.")
        raise UserError(
            f"no character on {n_barren} pages in a row, the last of them {page.url} "
            f"({reason}): the site's layout may have changed, so look at that page and at "
            f"{type(self._source).__module__.replace('.', '/')}.py; if all is well, go on with "
            "--max-barren 0."
        )

    def _process(self, posts: list[PostRow]) -> None:
        """Fetch and cut all that is wanted of some posts."""
        of = {post.id: post for post in posts}
        while True:
            for post in posts:
                for image in self._archive.images(post, "wanted"):
                    self._end_if_enough()
                    self._obtain(image)
            stored = [image for post in posts for image in self._archive.images(post, "stored")]
            wanted = [image for post in posts for image in self._archive.images(post, "wanted")]
            if not stored and not wanted:
                break
            paths = ((image, self._archive.folder / image.path) for image in stored)
            for image, result in self._pool.map(paths):
                self._keep(of[image.post], image, result)
                self._end_if_enough()
        for post in posts:
            self._archive.finish_post(post)
            self._n_items += 1
            self._n_settled += 1
        self._show_progress()

    def _obtain(self, image: ImageRow) -> None:
        try:
            picture = self._source.obtain(image, self._archive.folder)
        except FetchError as error:
            log.info("%s", error)
            self._n_failed += 1
            self._archive.fail_image(image, error)
            if error.answer in REFUSALS:
                self._failed_in_a_row.append((image.url, lambda: self._archive.want_image(image)))
            return
        self._failed_in_a_row.clear()
        outdated = self._archive.store_image(image, picture)
        for face_id in outdated:
            remove_face(self._archive.folder, face_id)
        if outdated:
            self._n_faces = self._archive.n_faces()

    def _keep(self, post: PostRow, image: ImageRow, result: CutResult) -> None:
        """Store a picture's faces, or take its spare if a face in it is too small."""
        spares = self._archive.images(post, "spare")
        if spares and any(face.reject_reason == "too_small" for face in result.faces):
            self._archive.replace_image(image, spares[0])
            return
        rows = store_cut(self._archive, image, result, self._settings)
        self._n_faces += sum(row.reason is None for row in rows)
        self._show_progress()

    def _show_progress(self) -> None:
        """Faces if so many are wanted, else posts; tqdm adds the rate and the time left."""
        done = self._n_settled if self._goals.faces is None else self._n_faces
        self._bar.update(done - self._bar.n)
        self._bar.set_postfix(faces=self._n_faces, posts=self._n_settled, failed=self._n_failed)

    def _end_if_enough(self) -> None:
        """End here, where nothing is half done, if the user asked or a goal is reached."""
        if self._stop_asked():
            raise Stopped
        hours = (self._clock.now() - self._began) / 3600
        reason = self._goals.reached(self._n_faces, self._n_items, self._bytes_taken(), hours)
        if reason:
            raise _Enough(reason)
