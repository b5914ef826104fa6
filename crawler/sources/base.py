"""What a source is, and the plain records that it hands to the archive."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from crawler.fetch.answers import Answer, FetchError

if TYPE_CHECKING:
    from crawler.fetch import Page, Picture
    from crawler.schema import ImageRow, PageRow


@dataclass(frozen=True)
class PageRequest:
    """A page that is to be read: the archive queues these in the order in which they come."""

    kind: str  # which of the source's readers understands it
    url: str
    cursor: Mapping[str, Any] = field(default_factory=dict)  # what that reader needs besides
    is_item: bool = False  # stands for one post, so it is asked for once and never again


@dataclass(frozen=True)
class ImageItem:
    """A picture of a post."""

    url: str
    role: str  # sample, original, chara, charab, file
    is_spare: bool = False  # fetched only when the pictures before it do not do
    md5: str | None = None  # as the site states it
    character: str | None = None


@dataclass(frozen=True)
class PostItem:
    """A post, title or folder entry with what the manifest will say about its faces."""

    post_id: str
    group_key: str  # posts that share it never stand on both sides of a split
    page_url: str
    images: tuple[ImageItem, ...] = ()
    skip_reason: str | None = None  # why none of its pictures is wanted
    title: str | None = None
    character: str | None = None
    tags: str | None = None
    rating: str | None = None
    date: str | None = None
    artist: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What one page said: its posts, the pages to read after it, facts worth keeping."""

    posts: tuple[PostItem, ...] = ()
    then: tuple[PageRequest, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@contextlib.contextmanager
def parsing(page: Page) -> Iterator[None]:
    """Whatever reading a page raises becomes a ``FetchError`` that carries the page's bytes.

    A parser meets what strangers wrote, and one page that it stumbles over must end neither
    this run nor, asked for again, every later one.
    """
    try:
        yield
    except FetchError as error:
        if error.body is None:
            error.body = page.body
        raise
    except Exception as error:
        detail = f"{type(error).__name__}: {error}"[:300]
        raise FetchError(Answer.UNREADABLE, page.url, detail, page.body) from error


class Source(Protocol):
    """A place that pictures come from; the loop in :mod:`crawler.loop` drives it."""

    name: str
    default_profile: str  # how its faces are cut unless the user says otherwise
    posts_at_once: int  # how many posts are fetched before their faces are cut
    is_listed_anew: bool  # by every run, because that costs nobody anything
    max_barren_pages: int | None  # so many in a row without a picture mean a new layout

    def first_pages(self) -> list[PageRequest]:
        """Where a crawl of everything begins."""

    def update_pages(self) -> list[PageRequest]:
        """Where a look for what is new begins: newest first."""

    def pages_after_failure(self, page: PageRow, answer: Answer) -> list[PageRequest] | None:
        """What to queue in place of what an unreadable page would have led to.

        None when the walk cannot go on without that page: the run then ends, and the next one
        begins with it.
        """

    def advice(self, answer: Answer) -> str | None:
        """What a user can do about pages with this answer, as the end of a sentence."""

    def read(self, page: PageRow) -> Reading:
        """Fetch a page and tell what it says; raises ``FetchError`` when it cannot be had."""

    def obtain(self, image: ImageRow, folder: Path) -> Picture:
        """Bring a picture into ``folder``; raises ``FetchError`` when it cannot be had."""
