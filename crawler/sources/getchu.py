"""Getchu: month by month to the titles, and from each title its character pictures only."""

from __future__ import annotations

import datetime
import logging
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urljoin

from bs4 import BeautifulSoup
from bs4.element import Tag

from crawler.fetch import Answer, FetchError, Page, Picture, Session
from crawler.schema import ImageRow, PageRow
from crawler.sources.base import ImageItem, PageRequest, PostItem, Reading

log = logging.getLogger(__name__)
BASE_URL = "https://www.getchu.com"
# The shop's own spelling.  It states that the user is of age, so only the user may set it.
ADULT_COOKIE = "getchu_adalt_flag=getchu.com"
# Event pictures (cNsampleK) are explicit on adult titles: nothing but these is ever fetched.
CHARACTER_PICTURE = re.compile(
    r"/brandnew/(?P<item>\d+)/c(?P=item)chara(?P<body>b?)(?P<n>\d+)(?:_s)?"
    r"\.(?P<suffix>jpe?g|png|gif)$",
    re.IGNORECASE,
)
# The date blocks of a month's list, in the three generations of the page.
MONTH_BLOCKS = "div.category_pc_b, td.dd, div.div_product"
ITEM_LINK = re.compile(r"(?:^|/)soft\.phtml\?(?:.*&)?id=(\d+)|(?:^|/)item/(\d+)")
EDITION = re.compile(
    r"(?:(?:初回|完全|数量|期間|予約|特別|特装|通常|豪華|廉価|普及|新装|復刻|限定|生産|特典|"
    r"ダウンロード|パッケージ|プレミアム|dl|dvd|cd|bd|blu-?ray|windows\s*[\w.]*(?:対応)?|"
    r"コンプリート)\s*)+(?:版|盤|パック|セット|付き?|edition)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Query:
    """Which titles to look at."""

    since: tuple[int, int] = (2005, 1)  # older games have small pictures
    until: tuple[int, int] | None = None  # None is the month that it is now
    confirm_adult: bool = False  # the user is of age and wants titles for adults too


class Getchu:
    """The titles of a span of months, all-ages unless the user confirmed to be of age.

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

    def read(self, page: PageRow) -> Reading:
        """Read a month's list or a title."""
        answer = self._session.page(page.url, judge=_judge)
        soup = BeautifulSoup(decode(answer.body), "html.parser")
        if page.kind == "month":
            items = [
                PageRequest("item", f"{self._base_url}/item/{item}/?gc=gc", self._of(page), True)
                for item in month_items(soup)
            ]
            log.info("%s: %d titles", page.url, len(items))
            return Reading(then=(*items, *self._after(page)))
        if soup.select_one("#soft-title") is None:
            raise FetchError(Answer.UNEXPECTED, page.url, "no #soft-title in it")
        return Reading(posts=(self._post(page, answer.url, soup),))

    def obtain(self, image: ImageRow, folder: Path) -> Picture:
        """Fetch a picture; without the title's page as Referer the shop answers 403."""
        return self._session.picture(image.url, folder, referer=image.page_url, judge=_judge)

    def _of(self, page: PageRow) -> dict[str, str]:
        return {"age": page.cursor["age"]}

    def _months(self, month: tuple[int, int], step: int) -> list[PageRequest]:
        """The list of one month for the first audience; the others follow it."""
        return [self._month(month, self._ages[0], step)]

    def _month(self, month: tuple[int, int], age: str, step: int) -> PageRequest:
        query = {"genre": "pc_soft", "gage": age, "year": month[0], "month": f"{month[1]:02d}"}
        url = f"{self._base_url}/all/month_title.html?{urlencode({**query, 'gc': 'gc'})}"
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

    def _post(self, page: PageRow, url: str, soup: BeautifulSoup) -> PostItem:
        title, brand = title_of(soup), _text(soup.select_one("#brandsite"))
        images = character_pictures(soup, url)
        date = re.match(r"(\d{4})/(\d{2})/(\d{2})", cell_after(soup, "発売日"))
        return PostItem(
            post_id=re.search(r"/item/(\d+)", page.url).group(1),
            group_key=f"getchu:{edition_group(title, brand)}",
            page_url=page.url,
            images=tuple(images),
            skip_reason=None if images else "no character picture",
            title=title,
            rating="all-ages" if page.cursor["age"] == "normal" else "adult",
            date="-".join(date.groups()) if date else None,
            artist=cell_after(soup, "原画") or None,
            meta={"brand": brand} if brand else {},
        )


def decode(body: bytes) -> str:
    """The text of a page: EUC-JP with the vendor's extra characters, whatever was declared."""
    return body.decode("euc_jis_2004", "replace")


def month_items(soup: BeautifulSoup) -> list[int]:
    """The ids of a month's titles, in the page's order and once each.

    Links such as ``../soft.phtml`` belong to banners, not to the month.
    """
    blocks = soup.select(MONTH_BLOCKS)
    if not blocks:
        log.warning("no date block on the month's page: taking every link to a title")
    items = {}
    for block in blocks or [soup]:
        for link in block.select("a[href]"):
            href = link["href"].strip()
            found = ITEM_LINK.search(href)
            if found and not href.startswith(".."):
                items[int(found.group(1) or found.group(2))] = None
    return list(items)


def character_pictures(soup: BeautifulSoup, url: str) -> list[ImageItem]:
    """A title's character pictures, in the page's order and once each.

    One rule for the three generations of the page: whatever ``src``, ``data-original`` or link
    leads to a file that is named like a character's (K: face and bust, bK: whole figure); a
    thumbnail stands for its full picture.

    Args:
        soup: The title's page.
        url: Where it was found, against which its links are resolved.
    """
    found: dict[tuple[str, str, int], ImageItem] = {}
    for tag in soup.find_all(["img", "a", "source"]):
        for attribute in ("src", "data-original", "href"):
            target = urljoin(url, str(tag.get(attribute) or "").strip())
            match = CHARACTER_PICTURE.search(target)
            if match is None:
                continue
            role = "charab" if match["body"] else "chara"
            full = re.sub(r"_s(\.\w+)$", r"\1", target, flags=re.IGNORECASE)
            key = (match["item"], role, int(match["n"]))
            found.setdefault(key, ImageItem(full, role, character=_character(tag)))
    return list(found.values())


def title_of(soup: BeautifulSoup) -> str:
    """A title's name without the links that stand in the same heading."""
    heading = soup.select_one("#soft-title")
    own = " ".join(" ".join(heading.find_all(string=True, recursive=False)).split())
    return own or _text(heading)


def cell_after(soup: BeautifulSoup, label: str) -> str:
    """The text of the table cell that follows the one which a label begins."""
    for cell in soup.find_all("td"):
        if cell.find("td") is None and _text(cell).startswith(label):
            following = cell.find_next_sibling("td")
            if following is not None:
                return _text(following)
    return ""


def edition_group(title: str, brand: str) -> str:
    """What the editions of one title have in common: its name and brand without the edition."""
    text = unicodedata.normalize("NFKC", title)
    text = re.sub(
        r"[(\[【〔〈<「『][^)\]】〕〉>」』]*[)\]】〕〉>」』]",
        lambda part: " " if EDITION.search(part.group()) else part.group(),
        text,
    )
    plain = re.sub(r"[\W_]+", "", EDITION.sub(" ", text)).casefold()
    plain = plain or re.sub(r"[\W_]+", "", text).casefold()
    maker = re.sub(r"\W+", "", unicodedata.normalize("NFKC", brand)).casefold()
    return f"{maker}/{plain}"


def _judge(page: Page) -> Answer:
    """The age gate, however it comes: redirected to, or as a page with a status of 200."""
    if "/php/attestation" in page.url:
        return Answer.AGE_GATE
    head = decode(page.body[:4000])
    return Answer.AGE_GATE if "年齢認証ページ" in head else Answer.OK


def _character(tag: Tag) -> str | None:
    """The name in the table row that a picture stands in, without voice and reading."""
    for row in tag.find_parents("tr"):
        name = row.select_one(".chara-name")
        if name is not None:
            return re.split(r"\s*(?:CV|[(（])", _text(name))[0].strip() or None
    return None


def _text(tag: Tag | None) -> str:
    return " ".join(tag.get_text(" ", strip=True).split()) if tag is not None else ""
