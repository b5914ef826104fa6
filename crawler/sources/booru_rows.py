"""A booru's rows, JSON or XML in every variant that was recorded, brought into one form."""

from __future__ import annotations

import datetime
import html
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from typing import Any

RATINGS = {
    "safe": "general",
    "general": "general",
    "s": "general",  # in Gelbooru 0.2's XML: safe
    "g": "general",
    "q": "questionable",
    "e": "explicit",
}


def parse_rows(body: bytes) -> list[dict[str, Any]]:
    """The rows of a listing, JSON or XML, in one form; none for the ways of saying "no result".

    Args:
        body: The answer's bytes: a JSON list, ``null``, nothing, or ``<posts>``.

    Returns:
        A dict a row: id (int), parent_id (int or None), tags (list without doubles), rating,
        status, md5, date (ISO or None), width, height, score, source, image, directory,
        file_url, sample_url (str or None), sample (bool).  Rows without an id are left out.

    Raises:
        ValueError: The answer is no list of rows.
        ElementTree.ParseError: It is broken XML.
    """
    body = body.strip()
    if not body:
        return []
    if body.startswith(b"<"):
        rows = [dict(post.attrib) for post in parse_xml(body).iter("post")]
    else:
        rows = json.loads(body.decode("utf-8", "replace")) or []
        if isinstance(rows, dict):  # newer Gelbooru wraps them
            rows = rows.get("post") or []
            rows = [rows] if isinstance(rows, dict) else rows
        if not isinstance(rows, list):
            raise ValueError(f"a {type(rows).__name__} in the place of a list of rows")
    parsed = (_row(row) for row in rows if isinstance(row, dict))
    return [row for row in parsed if row["id"] and row["id"] > 0]


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    rating = (_text(row.get("rating")) or "").lower()
    words = html.unescape(_text(row.get("tags")) or "").split()
    md5 = (_text(row.get("hash")) or _text(row.get("md5")) or "").lower()
    sample_url, file_url = _text(row.get("sample_url")), _text(row.get("file_url"))
    is_other = sample_url is not None and sample_url != file_url
    has_sample = row.get("sample", is_other)  # rows of 2015 do not say
    return {
        "id": _integer(row.get("id")),
        "parent_id": _integer(row.get("parent_id")) or None,
        "tags": list(dict.fromkeys(words)),
        "rating": RATINGS.get(rating, rating),
        "status": (_text(row.get("status")) or "active").lower(),
        "md5": md5 if re.fullmatch("[0-9a-f]{32}", md5) else None,
        "date": _date(row),
        "width": _integer(row.get("width")),
        "height": _integer(row.get("height")),
        "score": _integer(row.get("score")),
        "source": html.unescape(_text(row.get("source")) or "") or None,
        "image": _text(row.get("image")),
        "directory": _text(row.get("directory")),
        "file_url": file_url,
        "sample_url": sample_url,
        "sample": str(has_sample).lower() not in ("", "0", "false", "none"),
    }


def why_not(row: Mapping[str, Any], tags: str, least: Mapping[str, int | None]) -> str | None:
    """Why a row does not fit the query after all, as far as a row can tell.

    A search may drop tags beyond a number that is not known, so each is looked at again.
    Wildcards, alternatives and conditions other than ``rating:`` are the site's business.

    Args:
        row: As :func:`parse_rows` gives it.
        tags: The query.
        least: The smallest ``width``, ``height`` and ``score`` that will do; None for any.
    """
    for name, low in least.items():
        if low is not None and (row[name] is None or row[name] < low):
            return f"{name} below {low}"
    if row["status"] != "active":
        return f"status {row['status']}"
    for word in tags.split():
        wanted, word = not word.startswith("-"), word.removeprefix("-")
        if word.startswith("rating:"):
            rating = word.removeprefix("rating:")
            if (row["rating"] == RATINGS.get(rating, rating)) is not wanted:
                return f"rating {row['rating'] or 'missing'}"
        elif re.search(r"[*~{}]|^[()]$|^\w+:\S", word) or (wanted and "~" in tags):
            continue
        elif (word in row["tags"]) is not wanted:
            return f"{'lacks' if wanted else 'has'} tag {word}"
    return None


def parse_xml(body: bytes) -> ElementTree.Element:
    """An answer in XML; raises ``ElementTree.ParseError``, also for one that declares entities."""
    if b"<!ENTITY" in body or b"<!DOCTYPE" in body:
        raise ElementTree.ParseError("a document type has no place here")
    return ElementTree.fromstring(body)


def _integer(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 1 << 63 else None  # what a database can hold


def _text(value: Any) -> str | None:
    """A string, or a number's digits, that can be written down; None for all else and for ""."""
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    return str(value).strip().encode("utf-8", "replace").decode("utf-8") or None


def _date(row: Mapping[str, Any]) -> str | None:
    """When a post was made (XML) or last changed (JSON knows no better), as ISO 8601 in UTC."""
    try:
        if row.get("created_at"):
            made = datetime.datetime.strptime(row["created_at"], "%a %b %d %H:%M:%S %z %Y")
        elif row.get("change"):
            made = datetime.datetime.fromtimestamp(int(row["change"]), datetime.timezone.utc)
        else:
            return None
        return made.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError, OverflowError, OSError):
        return None
