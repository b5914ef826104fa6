"""The kinds of answers a site gives, told apart; each value is the reason that users read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum


class Answer(str, Enum):
    """What came back, whatever the status said."""

    OK = "ok"
    MISSING = "missing"
    FORBIDDEN = "forbidden"
    UNAUTHORIZED = "asks for an API key"
    AGE_GATE = "age gate"
    CHALLENGE = "Cloudflare challenge"
    HTML = "HTML instead of an image"
    EMPTY = "empty page"
    TOO_DEEP = "search too deep"
    OVERLOADED = "site says it is overloaded"
    TRUNCATED = "truncated"
    ZERO_BYTES = "0 bytes"
    NOT_AN_IMAGE = "not an image"
    PLACEHOLDER = "1x1 placeholder"
    TOO_LARGE = "too large"
    TOO_MANY_PIXELS = "too many pixels"
    RATE_LIMITED = "too many requests"
    SERVER_ERROR = "server error"
    NO_ANSWER = "no answer"
    UNREACHABLE = "cannot be reached"
    ELSEWHERE = "leads off the site"
    PRIVATE = "leads to a private address"
    DISALLOWED = "robots.txt disallows it"
    UNEXPECTED = "unexpected answer"
    UNREADABLE = "page cannot be read"

    def __str__(self) -> str:
        return self.value


# Worth another try: the same request may well be answered properly a little later.
TRANSIENT = frozenset(
    {
        Answer.FORBIDDEN,
        Answer.OVERLOADED,
        Answer.TRUNCATED,
        Answer.ZERO_BYTES,
        Answer.RATE_LIMITED,
        Answer.SERVER_ERROR,
        Answer.NO_ANSWER,
        Answer.UNREACHABLE,
    }
)
# The site as a whole is unwell, or wants us to go away: several in a row open the breaker.
REFUSALS = frozenset(
    {
        Answer.FORBIDDEN,
        Answer.OVERLOADED,
        Answer.RATE_LIMITED,
        Answer.SERVER_ERROR,
        Answer.NO_ANSWER,
        Answer.UNREACHABLE,
    }
)
# Said of the site as a whole or of one URL for ever: only the site's other answers tell which.
AMBIGUOUS = frozenset({Answer.FORBIDDEN, Answer.SERVER_ERROR, Answer.NO_ANSWER})


class FetchError(Exception):
    """A page or picture that cannot be had, and why.

    Args:
        answer: The kind of answer.
        url: What was asked for.
        detail: What more there is to say.
        body: The bytes that came, kept beside the set so that nothing of a bad page is lost.
    """

    def __init__(self, answer: Answer, url: str, detail: str = "", body: bytes | None = None):
        self.answer = answer
        self.url = url
        self.detail = detail
        self.body = body  # what came, where a page came
        super().__init__(f"{url}: {self.reason}")

    @property
    def reason(self) -> str:
        """The kind of answer and, where there is more to say, the detail."""
        return f"{self.answer} ({self.detail})" if self.detail else str(self.answer)


def judge_status(status: int, headers: Mapping[str, str], start: bytes) -> Answer:
    """Tell what a status means, with the headers and the first bytes of the body.

    Cloudflare's challenge comes as 403 or 503; its own header or its page's words tell it from
    the site's refusals (an ordinary page served through Cloudflare has neither).
    """
    if status in (403, 429, 503) and is_challenge(headers, start):
        return Answer.CHALLENGE
    if status in (404, 410, 451):  # 451 is said of one page or picture, and for good
        return Answer.MISSING
    if status == 401:
        return Answer.UNAUTHORIZED
    if status == 403:
        return Answer.FORBIDDEN
    if status == 429 or (status == 503 and "Retry-After" in headers):
        return Answer.RATE_LIMITED
    if status >= 500:
        return Answer.SERVER_ERROR
    return Answer.OK if status == 200 else Answer.UNEXPECTED


def is_challenge(headers: Mapping[str, str], start: bytes) -> bool:
    """Whether an answer is Cloudflare asking for a browser that runs its script."""
    if headers.get("cf-mitigated", "").lower() == "challenge":
        return True
    words = rb"just a moment\.\.\.|attention required! \| cloudflare|cf-chl-|/cdn-cgi/challenge"
    return re.search(words, start[:20_000].lower()) is not None


def is_html(start: bytes) -> bool:
    """Whether bytes begin like a page of HTML, whatever the header calls them."""
    start = start[:1000].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script", b"<!--"))
