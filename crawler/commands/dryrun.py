"""--dry-run: what a command would ask for, and how often, without a file being written."""

from __future__ import annotations

import argparse
import datetime
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crawler.archive import Archive
from crawler.commands.opening import opened_source
from crawler.database import FILE_NAME
from crawler.fetch import Clock, FetchError, RobotsInMemory
from crawler.schema import PageRow
from crawler.shared.errors import UserError
from crawler.sources.base import PageRequest, Reading, Source

N_SHOWN = 10


def dry_run(args: argparse.Namespace, record: Mapping[str, Any] | None, folder: Path) -> int:
    """Print it; the first list is asked for, since nothing else tells how much there is.

    Args:
        args: The command line.
        record: What the set is to be begun with; None for one that was begun.
        folder: The data set's.
    """
    archive = None
    if (folder / FILE_NAME).exists():
        archive = Archive(folder, read_only=True)
    try:
        if args.command == "retry-failed":
            print("\n".join(_failed(archive)))
        else:
            about = record or archive.fact("settings")
            contact = getattr(args, "contact", None)
            contact = contact or (archive.fact("contact") if archive else None)
            print("\n".join(_first_pages(args, about, contact, archive)))
    finally:
        if archive is not None:
            archive.close()
    print("nothing was written (--dry-run)")
    return 0


def _failed(archive: Archive) -> list[str]:
    pages = [page.url for page in archive.failed_pages()]
    posts = archive.posts_with_failures()
    images = [image.url for post in posts for image in archive.images(post, "failed")]
    return [
        f"would ask again for {len(pages)} pages and {len(images)} pictures, "
        f"{len(pages) + len(images)} requests and what those pages lead to:",
        *_shown(pages + images),
    ]


def _first_pages(args, about, contact, archive: Archive | None) -> list[str]:
    lines, faces = [], getattr(args, "faces", None)
    if archive is not None:
        if faces is not None and archive.n_faces() >= faces:
            return [f"{archive.folder} has {archive.n_faces()} faces, as many as --faces asks for"]
        left = {table: archive.counts(table) for table in ("pages", "posts", "images")}
        wanted = {
            table: sum(n for (state, _), n in counts.items() if state == "wanted")
            for table, counts in left.items()
        }
        lines.append(
            f"{archive.folder} was begun: {wanted['pages']} pages, {wanted['posts']} posts and "
            f"{wanted['images']} pictures are still wanted"
        )
    opened = opened_source(about, args, Clock(), contact=contact, robots_store=RobotsInMemory())
    with opened as (source, transport):
        if args.command == "update":
            _, reading = _read_some(source, source.update_pages())
            lines += _told_of_update(about, reading, _only_new(archive, reading), args)
        else:
            total, reading = _read_some(source, source.first_pages())
            lines += _told(about, reading, total, args)
        if faces is not None:
            lines.append(
                f"--faces {faces} may end it long before: how soon shows only as faces are cut"
            )
        if transport is not None:
            lines.append(f"(asked for {transport.n_requests} pages to tell this)")
    return lines


def _read_some(source: Source, queue: list[PageRequest]) -> tuple[int | None, Reading]:
    """The total, where the source tells one, and the first page that lists anything."""
    total, reading = None, Reading()
    for _ in range(3):
        if not queue:
            break
        request = queue.pop(0)
        try:
            reading = source.read(PageRow(0, 0, request.kind, request.url, request.cursor))
        except FetchError as error:
            advice = source.advice(error.answer) or "run the same command again later"
            raise UserError(
                f"{error.url} could not be read ({error.reason}): {advice}."
            ) from error
        total = reading.facts.get("total_posts", total)
        queue += reading.then
        if reading.posts or any(request.is_item for request in reading.then):
            break
    return total, reading


def _only_new(archive: Archive, reading: Reading) -> Reading:
    """What of a page an update would take: posts, and titles' pages, that are not known."""

    def is_known(query: str, value: str) -> bool:
        return archive.connection.execute(query, (value,)).fetchone() is not None

    return Reading(
        posts=tuple(
            post
            for post in reading.posts
            if not is_known("SELECT 1 FROM posts WHERE post_id = ?", post.post_id)
        ),
        then=tuple(
            request
            for request in reading.then
            if not is_known("SELECT 1 FROM pages WHERE url = ?", request.url)
        ),
    )


def _told_of_update(about, reading: Reading, new: Reading, args) -> list[str]:
    limit = args.max_items or math.inf
    if about["source"] == "folder":
        return [
            f"would look for faces in {min(len(new.posts), limit)} new pictures, "
            "without a request:",
            *_shown([post.page_url for post in new.posts]),
        ]
    listed, found = _urls(reading), _urls(new)
    each = 6 if about["source"] == "getchu" else 1  # a title's page and some 5 pictures
    n_lists = math.ceil((len(found) + args.stop_after_known) / max(1, len(listed)))
    n_wanted = min(len(found), limit)
    if about["source"] == "safebooru":
        n_wanted = min(sum(post.skip_reason is None for post in new.posts), limit)
    is_more = len(found) == len(listed) > 0
    return [
        f"would ask for robots.txt and for lists, newest first, until {args.stop_after_known} "
        f"known in a row: {len(found)} of the first {len(listed)} are new, so "
        f"{_requests(n_lists + each * n_wanted, args, 'at least' if is_more else 'about')}; "
        "the first new ones:",
        *_shown(found),
    ]


def _urls(reading: Reading) -> list[str]:
    """Where the posts or titles are that a list names."""
    titles = [request.url for request in reading.then if request.is_item]
    return [post.page_url for post in reading.posts] + titles


def _told(about, reading: Reading, total: int | None, args) -> list[str]:
    limit = args.max_items or math.inf
    if about["source"] == "folder":
        return [
            f"would look for faces in {min(len(reading.posts), limit)} pictures, "
            "without a request:",
            *_shown([post.page_url for post in reading.posts]),
        ]
    if about["source"] == "getchu":
        query = about["query"]
        items = [request.url for request in reading.then if request.is_item]
        since, until = query["since"], query["until"]
        until = until or _this_month()
        n_months = (until[0] - since[0]) * 12 + until[1] - since[1] + 1
        n_lists = n_months * (2 if query["confirm_adult"] else 1)
        n_titles = min(len(items) * n_lists, limit)
        return [
            f"would ask for robots.txt, {n_lists} lists of months and the titles on them; the "
            f"first list has {len(items)} titles, so some {n_titles} titles and, at 5 pictures "
            f"each, {_requests(n_lists + 6 * n_titles, args)}; the first titles:",
            *_shown(items),
        ]
    fitting = [post for post in reading.posts if post.skip_reason is None]
    n_rows = max(1, len(reading.posts))
    total = len(reading.posts) if total is None else total
    n_lists = math.ceil(total / n_rows)
    n_posts = min(round(total * len(fitting) / n_rows), limit)
    return [
        f"would ask for robots.txt, {n_lists} lists of {n_rows} and the pictures of some "
        f"{n_posts} of {total} posts ({len(fitting)} of the first {len(reading.posts)} fit), "
        f"{_requests(n_lists + n_posts, args)}; the first pictures:",
        *_shown([post.images[0].url for post in fitting if post.images]),
    ]


def _requests(n: float, args: argparse.Namespace, how: str = "about") -> str:
    return f"{how} {n:,.0f} requests, {n / args.rate / 3600:.1f} h at --rate {args.rate:g}"


def _this_month() -> tuple[int, int]:
    today = datetime.date.today()
    return today.year, today.month


def _shown(urls: list[str]) -> list[str]:
    more = [f"  ... and {len(urls) - N_SHOWN} more"] if len(urls) > N_SHOWN else []
    return [f"  {url}" for url in urls[:N_SHOWN]] + more
