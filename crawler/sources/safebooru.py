"""Safebooru (Gelbooru 0.2): its API paged by keyset, every row checked against the query again."""

from __future__ import annotations

import json
import logging
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from crawler.fetch import Answer, FetchError, Page, Picture, Session
from crawler.fetch.answers import is_challenge, is_html
from crawler.schema import ImageRow, PageRow
from crawler.sources.base import ImageItem, PageRequest, PostItem, Reading
from crawler.sources.booru_rows import parse_rows, parse_xml, why_not

log = logging.getLogger(__name__)
BASE_URL = "https://safebooru.org"
# One girl and nothing that the detector trips over.
TAGS = (
    "1girl solo -comic -monochrome -greyscale -4koma -chibi -multiple_views -sketch -photo "
    "rating:general"
)
PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".webp"}
N_EMPTY_TRIES = 4
EMPTY_WAIT_S = 5.0


@dataclass(frozen=True)
class Query:
    """What to look for: tags as the site's search box takes them, and the rows a page."""

    tags: str = TAGS
    rows: int = 100  # the site may send fewer; how many came is what counts
    as_xml: bool = False


class Safebooru:
    """Posts of one query, newest first.

    Args:
        session: A session for the site's hosts.
        sleep: What waits before an empty page is asked for again.
        base_url: Where the site is.
        query: What to look for.
    """

    name = "safebooru"
    default_profile = "tight"
    posts_at_once = 1
    is_listed_anew = False
    max_barren_pages = None

    def __init__(
        self,
        session: Session,
        sleep: Callable[[float], None],
        *,
        base_url: str = BASE_URL,
        query: Query = Query(),  # noqa: B008 - frozen
    ):
        self._session = session
        self._sleep = sleep
        self._base_url = base_url.rstrip("/")
        self._query = query

    def first_pages(self) -> list[PageRequest]:
        """The total for the progress bar, then the newest posts."""
        return [
            PageRequest("count", self._api_url(self._query.tags, 1, as_xml=True)),
            *self.update_pages(),
        ]

    def update_pages(self) -> list[PageRequest]:
        """The newest posts."""
        return [self._listing(below=None)]

    def pages_after_failure(self, page: PageRow, answer: Answer) -> list[PageRequest] | None:
        """The total can be done without; without a listing nobody knows where the next begins."""
        return [] if page.kind == "count" else None

    def read(self, page: PageRow) -> Reading:
        """Read the total, or one listing."""
        if page.kind == "count":
            return Reading(facts={"total_posts": self._count(page.url)})
        below = page.cursor.get("below")
        rows = self._rows_of(page, below)
        ids = [row["id"] for row in rows]
        if below is not None:
            # Without this a site that ignores id:< would send us round in a circle.
            rows = [row for row in rows if row["id"] < below]
            if ids and not rows:
                raise FetchError(Answer.UNEXPECTED, page.url, f"the rows are not below {below}")
        if not rows:
            return Reading()
        return Reading(
            posts=tuple(self._post(row) for row in rows), then=(self._listing(below=min(ids)),)
        )

    def obtain(self, image: ImageRow, folder: Path) -> Picture:
        """Fetch a picture; the md5 that the site states is the original's."""
        return self._session.picture(
            image.url, folder, referer=image.page_url, stated_md5=image.stated_md5
        )

    def _listing(self, below: int | None) -> PageRequest:
        # pid beyond 200,000 posts is refused, so we page by what the last listing ended with.
        tags = self._query.tags if below is None else f"{self._query.tags} id:<{below}"
        url = self._api_url(tags, self._query.rows, as_xml=self._query.as_xml)
        return PageRequest("listing", url, {} if below is None else {"below": below})

    def _api_url(self, tags: str, rows: int, *, as_xml: bool) -> str:
        query = {"page": "dapi", "s": "post", "q": "index", "limit": rows, "pid": 0, "tags": tags}
        if not as_xml:
            query["json"] = 1
        return f"{self._base_url}/index.php?{urlencode(query, quote_via=quote)}"

    def _count(self, url: str) -> int:
        page = self._session.page(url, judge=_judge)
        try:
            return int(parse_xml(page.body).get("count", ""))
        except (ElementTree.ParseError, ValueError) as error:
            raise FetchError(Answer.UNEXPECTED, url, "no count in it") from error

    def _rows_of(self, page: PageRow, below: int | None) -> list[dict[str, Any]]:
        """A listing's rows; an empty one is believed only when the count agrees."""
        tags = self._query.tags if below is None else f"{self._query.tags} id:<{below}"
        left = 0
        for attempt in range(N_EMPTY_TRIES):
            rows = parse_rows(self._session.page(page.url, judge=_judge).body)
            if rows:
                return rows
            left = self._count(self._api_url(tags, 1, as_xml=True))
            if left == 0:
                return []
            log.warning("%s: empty page although %d posts are left", page.url, left)
            self._sleep(EMPTY_WAIT_S * 2**attempt)
        raise FetchError(Answer.EMPTY, page.url, f"{left} posts are left")

    def _post(self, row: Mapping[str, Any]) -> PostItem:
        post_id = row["id"]
        original, sample = self._urls(row)
        images = [ImageItem(original, "original", is_spare=bool(sample), md5=row["md5"])]
        if sample:  # some 850 px wide, which is enough for most faces
            images.insert(0, ImageItem(sample, "sample"))
        suffix = PurePosixPath(urlsplit(original).path).suffix.lower()
        reason = None if suffix in PICTURE_SUFFIXES else f"not a picture ({suffix or 'no suffix'})"
        return PostItem(
            post_id=str(post_id),
            group_key=f"safebooru:{row['parent_id'] or post_id}",
            page_url=f"{self._base_url}/index.php?page=post&s=view&id={post_id}",
            images=tuple(images),
            skip_reason=why_not(row, self._query.tags) or reason,
            tags=" ".join(row["tags"]),
            rating=row["rating"],
            date=row["date"],
            meta={
                key: row[key]
                for key in ("md5", "parent_id", "width", "height", "score", "source")
                if row[key] is not None
            },
        )

    def _urls(self, row: Mapping[str, Any]) -> tuple[str, str | None]:
        """The original's URL and the sample's, made up where the row lacks them."""
        name, folder = row["image"] or "", row["directory"]
        base = PurePosixPath(name).stem
        original = row["file_url"] or f"/images/{folder}/{quote(name)}"
        sample = None
        if row["sample"]:
            sample = row["sample_url"] or f"/samples/{folder}/sample_{quote(base)}.jpg"
        return self._absolute(original), sample and self._absolute(sample)

    def _absolute(self, url: str) -> str:
        """Mend protocol-relative URLs, doubled slashes and plain http."""
        parts = urlsplit(urljoin(f"{self._base_url}/", url.strip()))
        path = re.sub("/{2,}", "/", parts.path)
        return parts._replace(scheme=urlsplit(self._base_url).scheme, path=path).geturl()


def _judge(page: Page) -> Answer | tuple[Answer, str]:
    """See through a status of 200: refusals, challenges, half a document."""
    body = page.body.strip()
    if is_html(body):
        if is_challenge(page.headers, body):
            return Answer.CHALLENGE
        return Answer.UNEXPECTED, "HTML instead of the API's answer"
    try:
        if not body.startswith(b"<"):
            json.loads(body.decode("utf-8", "replace") or "null")
            return Answer.OK
        root = parse_xml(body)
    except (ElementTree.ParseError, json.JSONDecodeError) as error:
        return Answer.TRUNCATED, str(error)
    if root.get("success") == "false":
        reason = root.get("reason", "")
        too_deep = "limited due to abuse" in reason
        return (Answer.TOO_DEEP if too_deep else Answer.OVERLOADED), reason
    return Answer.OK
