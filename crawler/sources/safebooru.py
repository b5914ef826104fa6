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
from urllib.parse import quote, urlencode, urlsplit

from crawler.fetch import Answer, FetchError, Page, Picture, Session
from crawler.fetch.answers import is_challenge, is_html
from crawler.fetch.urls import joined
from crawler.schema import ImageRow, PageRow
from crawler.sources.base import ImageItem, PageRequest, PostItem, Reading, parsing
from crawler.sources.booru_rows import parse_rows, parse_xml, why_not

log = logging.getLogger(__name__)
BASE_URL = "https://safebooru.org"
# One girl and nothing that the detector trips over.
TAGS = (
    "1girl solo -comic -monochrome -greyscale -4koma -chibi -multiple_views -sketch -photo "
    "rating:general"
)
# Old rows are rated safe, which means general but is not found by rating:general: so the site
# is asked for what is neither of the others, and each row is looked at again.
GENERAL = "-rating:questionable -rating:explicit"
PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".webp"}
N_EMPTY_TRIES = 4
N_SKIPPED = 2  # listings in a row that cannot be read
EMPTY_WAIT_S = 5.0


@dataclass(frozen=True)
class Query:
    """What to look for: tags as the site's search box takes them, and the rows a page."""

    tags: str = TAGS
    rows: int = 100  # the site may send fewer; how many came is what counts
    as_xml: bool = False
    min_width: int | None = None  # of the original [px]
    min_height: int | None = None
    min_score: int | None = None  # of the site's users


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
            PageRequest("count", self._api_url(self._tags_below(None), 1, as_xml=True)),
            *self.update_pages(),
        ]

    def update_pages(self) -> list[PageRequest]:
        """The newest posts."""
        return [self._listing(below=None)]

    def pages_after_failure(self, page: PageRow, answer: Answer) -> list[PageRequest] | None:
        """The total can be done without; of a listing that cannot be read the next is asked for.

        Without its ids nobody knows where the next begins but the site, which counts listings.
        Several that cannot be read in a row are no accident.
        """
        if page.kind == "count":
            return None if answer is Answer.UNAUTHORIZED else []
        n_skipped = page.cursor.get("skip", 0) + 1
        if answer not in (Answer.UNREADABLE, Answer.TRUNCATED) or n_skipped > N_SKIPPED:
            return None
        return [self._listing(page.cursor.get("below"), skip=n_skipped)]

    def advice(self, answer: Answer) -> str | None:
        """Sister sites answer nobody without a key."""
        if answer is not Answer.UNAUTHORIZED:
            return None
        return (
            "the site answers only with a key: give --api-key and --user-id, or set "
            "BOORU_API_KEY and BOORU_USER_ID (your account's page at the site shows both)"
        )

    def read(self, page: PageRow) -> Reading:
        """Read the total, or one listing."""
        if page.kind == "count":
            return Reading(facts={"total_posts": self._count(page.url)})
        below = page.cursor.get("below")
        answer, rows = self._rows_of(page, below)
        with parsing(answer):
            return self._reading(page, rows, below)

    def _reading(self, page: PageRow, rows: list[dict[str, Any]], below: int | None) -> Reading:
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

    def _listing(self, below: int | None, skip: int = 0) -> PageRequest:
        # pid beyond 200,000 posts is refused, so we page by what the last listing ended with.
        tags = self._tags_below(below)
        url = self._api_url(tags, self._query.rows, as_xml=self._query.as_xml, skip=skip)
        cursor = {"below": below, "skip": skip}
        return PageRequest("listing", url, {key: n for key, n in cursor.items() if n})

    def _tags_below(self, below: int | None) -> str:
        tags = re.sub(r"(?<!\S)rating:(?:general|safe)(?!\S)", GENERAL, self._query.tags)
        return tags if below is None else f"{tags} id:<{below}"

    def _api_url(self, tags: str, rows: int, *, as_xml: bool, skip: int = 0) -> str:
        query = {"page": "dapi", "s": "post", "q": "index", "limit": rows, "pid": skip}
        query["tags"] = tags
        if not as_xml:
            query["json"] = 1
        return f"{self._base_url}/index.php?{urlencode(query, quote_via=quote)}"

    def _count(self, url: str) -> int:
        page = self._session.page(url, judge=_judge)
        try:
            return max(0, int(parse_xml(page.body).get("count", "")))
        except (ElementTree.ParseError, ValueError) as error:
            raise FetchError(Answer.UNEXPECTED, url, "no count in it", page.body) from error

    def _rows_of(self, page: PageRow, below: int | None) -> tuple[Page, list[dict[str, Any]]]:
        """A listing and its rows; an empty one is believed only when the count agrees."""
        left = 0
        for attempt in range(N_EMPTY_TRIES):
            answer = self._session.page(page.url, judge=_judge)
            with parsing(answer):
                rows = parse_rows(answer.body)
            if rows:
                return answer, rows
            left = self._count(self._api_url(self._tags_below(below), 1, as_xml=True))
            if left == 0:
                return answer, []
            log.warning("%s: empty page although %d posts are left", page.url, left)
            self._sleep(EMPTY_WAIT_S * 2**attempt)
        raise FetchError(Answer.EMPTY, page.url, f"{left} posts are left")

    def _post(self, row: Mapping[str, Any]) -> PostItem:
        post_id = row["id"]
        original, sample = self._urls(row)
        images = [ImageItem(sample, "sample")] if sample else []  # some 850 px wide: enough
        if original:
            images.append(ImageItem(original, "original", is_spare=bool(sample), md5=row["md5"]))
        least = {
            name: getattr(self._query, f"min_{name}") for name in ("width", "height", "score")
        }
        return PostItem(
            post_id=str(post_id),
            group_key=f"safebooru:{row['parent_id'] or post_id}",
            page_url=f"{self._base_url}/index.php?page=post&s=view&id={post_id}",
            images=tuple(images),
            skip_reason=why_not(row, self._query.tags, least) or _why_no_picture(original, sample),
            tags=" ".join(row["tags"]),
            rating=row["rating"],
            date=row["date"],
            meta={
                key: row[key]
                for key in ("md5", "parent_id", "width", "height", "score", "source")
                if row[key] is not None
            },
        )

    def _urls(self, row: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """The original's URL and the sample's, made up where the row lacks them.

        None for what is no address, and for a sample that is the original itself.
        """
        name, folder = row["image"], row["directory"]
        original, sample = row["file_url"], row["sample_url"]
        if name and folder:
            original = original or f"/images/{folder}/{quote(name)}"
            base = quote(PurePosixPath(name).stem)
            sample = sample or f"/samples/{folder}/sample_{base}.jpg"
        original = self._absolute(original)
        sample = self._absolute(sample) if row["sample"] else None
        return original, None if sample == original else sample

    def _absolute(self, url: str | None) -> str | None:
        """Mend protocol-relative URLs, doubled slashes and plain http."""
        url = url and joined(f"{self._base_url}/", url)
        if not url:
            return None
        parts = urlsplit(url)
        path = re.sub("/{2,}", "/", parts.path)
        return parts._replace(scheme=urlsplit(self._base_url).scheme, path=path).geturl()


def _why_no_picture(original: str | None, sample: str | None) -> str | None:
    if original is None:
        return None if sample else "no address of a picture"
    suffix = PurePosixPath(urlsplit(original).path).suffix.lower()
    return None if suffix in PICTURE_SUFFIXES else f"not a picture ({suffix or 'no suffix'})"


def _judge(page: Page) -> Answer | tuple[Answer, str]:
    """See through a status of 200: refusals, challenges, half a document."""
    body = page.body.strip()
    if is_html(body):
        if is_challenge(page.headers, body):
            return Answer.CHALLENGE
        return Answer.UNEXPECTED, "HTML instead of the API's answer"
    try:
        text = body.decode("utf-8", "replace")
        said = parse_xml(body) if body.startswith(b"<") else json.loads(text or "null")
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        if b"missing authentication" in body[:1000].lower():
            return Answer.UNAUTHORIZED, "Missing authentication"
        return Answer.TRUNCATED, str(error)
    if isinstance(said, ElementTree.Element):
        words = said.get("reason") or "".join(said.itertext()).strip()
        is_refusal = said.tag == "error" or said.get("success") == "false"
    elif isinstance(said, dict):
        words = said.get("reason") or said.get("message") or said.get("error") or ""
        is_refusal = "error" in said or said.get("success") in (False, "false")
    else:
        words, is_refusal = said, isinstance(said, str)
    if not is_refusal:
        return Answer.OK
    words = str(words)[:300]
    if "authentication" in words.lower():
        return Answer.UNAUTHORIZED, words
    if "limited due to abuse" in words:
        return Answer.TOO_DEEP, words
    is_overload = "success" in (said.keys() if hasattr(said, "keys") else ())
    return (Answer.OVERLOADED if is_overload else Answer.UNEXPECTED), words
