"""Getchu's pages, read: a month's titles, a title's facts, its rating, its character pictures."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag

from crawler.fetch.urls import joined
from crawler.sources.base import ImageItem
from crawler.sources.getchu_names import character_name

# Event pictures (cNsampleK) are explicit on adult titles: nothing but these is ever fetched.
CHARACTER_PICTURE = re.compile(
    r"/brandnew/(?P<item>[0-9]+)/c(?P=item)chara(?P<body>b?)(?P<n>[0-9]{1,6})(?:_s)?"
    r"\.(?P<suffix>jpe?g|png|gif)$",
    re.IGNORECASE,
)
#: What stands above the month's own titles; side columns repeat titles of other months.
MONTH_HEADING = "発売タイトル"
_BLOCK_HEADING = "category_pc_t2"
_MENUS = ("a", "title", "option", "script", "style")  # whose words head nothing
# The date blocks of a month's list, in the three generations of the page.
_BLOCKS = {("div", "category_pc_b"), ("td", "dd"), ("div", "div_product")}
_ITEM = re.compile(r"/soft\.phtml\?(?:.*&)?id=([0-9]{1,12})\b|/item/([0-9]{1,12})(?:/|$|\?)")
_SHOP = ("www.getchu.com", "getchu.com")
_ADULT_WORDS = "18歳未満の方は購入できません"
_ADULT_LOGO = "logo_getchu_adult"


def decode(body: bytes) -> str:
    """The text of a page: EUC-JP with the vendor's extra characters, whatever was declared."""
    return body.decode("euc_jis_2004", "replace")


def month_items(soup: BeautifulSoup, url: str) -> list[int] | None:
    """The ids of a month's titles, in the page's order and once each.

    They stand under a heading with the words 発売タイトル, in blocks that a heading of another
    kind ends (ゲーム関連CD, in the side column).  Links such as ``../soft.phtml`` belong to
    banners.

    Args:
        soup: The list.
        url: Where it was found.

    Returns:
        The ids; None where no such heading stands, so that the page is no list at all.
    """
    in_month = has_heading = False
    in_blocks: dict[int, None] = {}
    anywhere: dict[int, None] = {}
    for node in soup.descendants:
        if isinstance(node, Tag):
            classes = node.get_attribute_list("class")
            if _BLOCK_HEADING in classes:
                in_month = MONTH_HEADING in node.get_text()
                has_heading |= in_month
            elif in_month and any((node.name, name) in _BLOCKS for name in classes):
                for link in node.find_all("a"):
                    in_blocks.update(dict.fromkeys(_linked_item(link, url)))
            elif in_month and node.name == "a":
                anywhere.update(dict.fromkeys(_linked_item(node, url)))
        elif type(node) is NavigableString and MONTH_HEADING in node and _heads(node):
            in_month = has_heading = True
    return list(in_blocks or anywhere) if has_heading else None


def _heads(words: NavigableString) -> bool:
    return words.find_parent(_MENUS) is None


def _linked_item(link: Tag, url: str) -> list[int]:
    href = str(link.get("href") or "").strip()
    target = joined(url, href)
    if target is None or href.startswith(".."):
        return []
    parts = urlsplit(target)
    found = _ITEM.match(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    if found is None or parts.hostname not in (urlsplit(url).hostname, *_SHOP):
        return []
    return [int(found[1] or found[2])]


def is_for_adults(soup: BeautifulSoup) -> bool:
    """Whether a title's own page says that it is not sold to minors."""
    for image in soup.find_all("img"):
        if _ADULT_LOGO in str(image.get("src") or ""):
            return True
    return any(
        _ADULT_WORDS in unicodedata.normalize("NFKC", text)
        for text in soup.find_all(string=True)
        if type(text) is NavigableString
    )


def character_pictures(soup: BeautifulSoup, url: str) -> list[ImageItem]:
    """A title's character pictures, in the page's order and once each.

    One rule for the three generations of the page: whatever ``src``, ``data-original`` or link
    leads to a file that is named like a character's (K: face and bust, bK: whole figure); a
    thumbnail stands for its full picture.  A link that is no address leads nowhere.

    Args:
        soup: The title's page.
        url: Where it was found, against which its links are resolved.
    """
    found: dict[tuple[str, str, int], ImageItem] = {}
    for tag in soup.find_all(["img", "a", "source"]):
        for attribute in ("src", "data-original", "href"):
            target = joined(url, tag.get(attribute))
            match = target and CHARACTER_PICTURE.search(target)
            if not match:
                continue
            role = "charab" if match["body"] else "chara"
            full = re.sub(r"_s(\.\w+)$", r"\1", target, flags=re.IGNORECASE)
            key = (match["item"], role, int(match["n"]))
            found.setdefault(key, ImageItem(full, role, character=_character(tag)))
    return list(found.values())


def title_of(soup: BeautifulSoup) -> str | None:
    """A title's name without the links that stand in the same heading; None without one."""
    heading = soup.select_one("#soft-title")
    if heading is None:
        return None
    own = " ".join(" ".join(heading.find_all(string=True, recursive=False)).split())
    return own or text_of(heading)


def cell_after(soup: BeautifulSoup, label: str) -> str:
    """The text of the table cell that follows the one which a label begins."""
    for cell in soup.find_all("td"):
        if cell.find("td") is None and text_of(cell).startswith(label):
            following = cell.find_next_sibling("td")
            if following is not None:
                return text_of(following)
    return ""


def text_of(tag: Tag | None) -> str:
    """All words in a tag, a blank between them."""
    return " ".join(tag.get_text(" ", strip=True).split()) if tag is not None else ""


def _character(tag: Tag) -> str | None:
    """The name in the table row that a picture stands in."""
    for row in tag.find_parents("tr"):
        heading = row.select_one(".chara-name")
        if heading is not None:
            return character_name(heading.get_text("\n", strip=True))
    return None
