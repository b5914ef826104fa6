"""Getchu: month by month to the titles, and from each title its character pictures only."""

from __future__ import annotations

import datetime
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bs4 import BeautifulSoup

from crawler.fetch import Answer, FetchError, Page, Picture, Session
from crawler.schema import ImageRow, PageRow
from crawler.sources.base import PageRequest, PostItem, Reading, parsing
from crawler.sources.getchu_names import edition_group
from crawler.sources.getchu_pages import (
    MONTH_HEADING,
    cell_after,
    character_pictures,
    decode,
    is_for_adults,
    month_items,
    text_of,
    title_of,
)

log = logging.getLogger(__name__)
BASE_URL = "https://www.getchu.com"
# The shop's own spelling.  Both state that the user is of age, so only the user may set them:
# the cookie, and what the gate's link for those of age (【すすむ】) adds to the address.
ADULT_COOKIE = "getchu_adalt_flag=getchu.com"
CONFIRMATION = "gc=gc"
FOR_ADULTS = "for adults, needs --confirm-adult"


@dataclass(frozen=True)
class Query:
    """Which titles to look at."""

    since: tuple[int, int] = (2005, 1)  # older games have small pictures
    until: tuple[int, int] | None = None  # None is the month that it is now
    confirm_adult: bool = False  # the user is of age and wants titles for adults too


class Getchu:
    """The titles of a span of months, all-ages unless the user confirmed to be of age.

    The archive knows pages by their plain address.  :data:`CONFIRMATION` is what the gate's own
    link adds for those who say that they are of age, so it is sent only after the user said so.

    Args:
        session: A session for the site's hosts; with :data:`ADULT_COOKIE` only after consent.
        today: The day on which the crawl runs.
        base_url: Where the site is.
        query: Which titles.
        max_barren_pages: After so many titles in a row without a character picture the layout
            is taken to have changed (among recorded titles 28 in 100 have none); None for never.
    """

    name = "getchu"
    default_profile = "wide"
    posts_at_once = 1
    is_listed_anew = False

    def __init__(
        self,
        session: Session,
        today: datetime.date,
        *,
        base_url: str = BASE_URL,
        query: Query = Query(),  # noqa: B008 - frozen
        max_barren_pages: int | None = 50,
    ):
        self.max_barren_pages = max_barren_pages
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._first = query.since
        self._last = query.until or (today.year, today.month)
        self._is_confirmed = query.confirm_adult
        self._ages = ("normal", "adult") if query.confirm_adult else ("normal",)

    def first_pages(self) -> list[PageRequest]:
        """The oldest month."""
        return self._months(self._first, step=1)

    def update_pages(self) -> list[PageRequest]:
        """The newest month, from which an update walks back."""
        return self._months(self._last, step=-1)

    def pages_after_failure(self, page: PageRow, answer: Answer) -> list[PageRequest] | None:
        """The month after one that cannot be read; a month that is forbidden ends the walk."""
        if page.kind == "item":
            return []
        return None if answer in (Answer.AGE_GATE, Answer.DISALLOWED) else self._after(page)

    def advice(self, answer: Answer) -> str | None:
        """The age gate is nothing that a new layout or another try explains."""
        if answer is not Answer.AGE_GATE:
            return None
        if self._is_confirmed:
            return "Getchu showed its age gate in spite of --confirm-adult"
        return (
            "Getchu showed its age gate, and what lies behind it is read only with "
            "--confirm-adult, by which you state that you are of age"
        )

    def read(self, page: PageRow) -> Reading:
        """Read a month's list or a title."""
        answer = self._session.page(self._asked(page.url), judge=_judge)
        with parsing(answer):
            soup = BeautifulSoup(decode(answer.body), "html.parser")
            return self._list(page, soup) if page.kind == "month" else self._title(page, soup)

    def obtain(self, image: ImageRow, folder: Path) -> Picture:
        """Fetch a picture; without the title's page as Referer the shop answers 403."""
        return self._session.picture(image.url, folder, referer=image.page_url, judge=_judge)

    def _asked(self, url: str) -> str:
        if not self._is_confirmed:
            return url
        return f"{url}{'&' if '?' in url else '?'}{CONFIRMATION}"

    def _list(self, page: PageRow, soup: BeautifulSoup) -> Reading:
        ids = month_items(soup, page.url)
        if ids is None:
            raise FetchError(Answer.UNEXPECTED, page.url, f"no heading {MONTH_HEADING} in it")
        log.info("%s: %d titles", page.url, len(ids))
        of = {"age": page.cursor["age"]}
        items = [PageRequest("item", f"{self._base_url}/item/{n}/", of, True) for n in ids]
        return Reading(then=(*items, *self._after(page)))

    def _title(self, page: PageRow, soup: BeautifulSoup) -> Reading:
        title, brand = title_of(soup), text_of(soup.select_one("#brandsite"))
        if title is None:
            raise FetchError(Answer.UNEXPECTED, page.url, "no #soft-title in it")
        is_adult = page.cursor["age"] == "adult" or is_for_adults(soup)
        images = character_pictures(soup, page.url)
        skip_reason = None if images else "no character picture"
        if is_adult and not self._is_confirmed:
            skip_reason = FOR_ADULTS
            log.warning("%s: %s is for adults and was left out (--confirm-adult)", page.url, title)
        date = re.match(r"([0-9]{4})/([0-9]{2})/([0-9]{2})", cell_after(soup, "発売日"))
        post = PostItem(
            post_id=re.search(r"/item/([0-9]+)", page.url).group(1),
            group_key=f"getchu:{edition_group(title, brand)}",
            page_url=page.url,
            images=tuple(images),
            skip_reason=skip_reason,
            title=title,
            rating="adult" if is_adult else "all-ages",
            date="-".join(date.groups()) if date else None,
            artist=cell_after(soup, "原画") or None,
            meta={"brand": brand} if brand else {},
        )
        return Reading(posts=(post,))

    def _months(self, month: tuple[int, int], step: int) -> list[PageRequest]:
        """The list of one month for the first audience; the others follow it."""
        return [self._month(month, self._ages[0], step)]

    def _month(self, month: tuple[int, int], age: str, step: int) -> PageRequest:
        query = {"genre": "pc_soft", "gage": age, "year": month[0], "month": f"{month[1]:02d}"}
        url = f"{self._base_url}/all/month_title.html?{urlencode(query)}"
        return PageRequest("month", url, {"month": list(month), "age": age, "step": step})

    def _after(self, page: PageRow) -> list[PageRequest]:
        """The same month for the next audience, else the next month, else nothing."""
        month, age, step = tuple(page.cursor["month"]), page.cursor["age"], page.cursor["step"]
        if age != self._ages[-1]:
            return [self._month(month, self._ages[self._ages.index(age) + 1], step)]
        year, index = divmod(month[0] * 12 + month[1] - 1 + step, 12)
        following = (year, index + 1)
        if self._first <= following <= self._last:
            return self._months(following, step)
        return []


def _judge(page: Page) -> Answer:
    """The age gate, however it comes: redirected to, or as a page with a status of 200."""
    if "/php/attestation" in page.url:
        return Answer.AGE_GATE
    head = decode(page.body[:4000])
    return Answer.AGE_GATE if "年齢認証ページ" in head else Answer.OK
