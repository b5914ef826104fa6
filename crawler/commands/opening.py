"""From what a data set was begun with to a source that is ready to be asked."""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from crawler.archive import Archive
from crawler.errors import UserError
from crawler.fetch import Clock, Limits, Session, Transport
from crawler.sources import getchu, safebooru
from crawler.sources.base import Source
from crawler.sources.folder import Folder

# Registered names; everything below them is the site's own.
HOSTS = {safebooru.BASE_URL: "safebooru.org", getchu.BASE_URL: "getchu.com"}
JITTER_S = {"safebooru": 0.2, "getchu": 1.0}  # Getchu bans for minutes whoever asks too fast


def agree(archive: Archive, record: Mapping[str, Any], folder: Path) -> None:
    """Keep what a data set is begun with; refuse to go on with anything else.

    Args:
        archive: The data set's archive.
        record: The source's name, its query and the face settings, as JSON.
        folder: The data set's folder.

    Raises:
        UserError: The set was begun otherwise; each difference is named.
    """
    record = json.loads(json.dumps(record))
    kept = archive.fact("settings")
    if kept is None:
        archive.set_fact("settings", record)
        return
    differences = [
        f"{name} was {was!r} and is now {now!r}"
        for name, was, now in _differences(_flat(kept), _flat(record))
    ]
    if differences:
        raise UserError(
            f"{folder} was begun with other settings ({'; '.join(differences)}): give those "
            "again, or another --name; faces are cut anew with `rebuild`."
        )


def begun_with(archive: Archive) -> dict[str, Any]:
    """What a data set was begun with."""
    record = archive.fact("settings")
    if record is None:
        raise UserError(f"{archive.folder} was never crawled: crawl it first.")
    return record


@contextlib.contextmanager
def opened_source(
    record: Mapping[str, Any], archive: Archive, args: argparse.Namespace, clock: Clock
) -> Iterator[tuple[Source, Transport | None]]:
    """A source as its record describes it, and what sends its requests, if any are sent."""
    limits = Limits()
    if record["source"] == "folder":
        yield Folder(Path(record["query"]["path"]), limits), None
        return
    is_private = record["allow_private"]
    limits = Limits(
        interval_s=1 / _rate(args.rate, is_private),
        jitter_s=JITTER_S[record["source"]] if args.jitter is None else args.jitter,
        read_timeout_s=args.timeout,
    )
    base_url, query = record["base_url"], record["query"]
    is_adult = query.get("confirm_adult", False)
    transport = Transport(
        contact=_contact(archive, args.contact, is_private),
        limits=limits,
        clock=clock,
        cookie=getchu.ADULT_COOKIE if is_adult else None,
        allow_private=is_private,
    )
    session = Session(
        [HOSTS.get(base_url, urlsplit(base_url).netloc)],
        transport=transport,
        robots_store=archive,
        limits=limits,
        clock=clock,
        rng=np.random.default_rng(),  # jitter only: it changes nothing that is stored
        allow_http=urlsplit(base_url).scheme == "http",
    )
    with contextlib.closing(transport):
        if record["source"] == "safebooru":
            yield (
                safebooru.Safebooru(
                    session, clock.sleep, base_url=base_url, query=safebooru.Query(**query)
                ),
                transport,
            )
        else:
            today = datetime.date.fromtimestamp(clock.wall())
            months = {key: query[key] and tuple(query[key]) for key in ("since", "until")}
            yield (
                getchu.Getchu(
                    session,
                    today,
                    base_url=base_url,
                    query=getchu.Query(**months, confirm_adult=is_adult),
                    max_barren_posts=getattr(args, "max_barren", 50) or None,
                ),
                transport,
            )


def _contact(archive: Archive, contact: str | None, is_private: bool) -> str:
    """Who is asking: given now, or remembered."""
    if contact is None:
        contact = archive.fact("contact", "a test on this machine" if is_private else None)
    elif not re.fullmatch(r"[\x21-\x7e]+@[\x21-\x7e]+|https?://[\x21-\x7e]+", contact):
        raise UserError(f"--contact {contact!r} is neither a mail address nor a web page's URL.")
    if contact is None:
        raise UserError(
            "the site should be able to reach whoever crawls it: give your mail address or web "
            "page with --contact (it is sent to the site and nowhere else)."
        )
    archive.set_fact("contact", contact)
    return contact


def _rate(rate: float, is_private: bool) -> float:
    if rate <= 0 or (rate > 1 and not is_private):
        raise UserError(f"--rate {rate:g} is not between 0 and 1 request a second.")
    return rate


def _flat(record: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{before}{key}."))
        else:
            flat[before + key] = value
    return flat


def _differences(kept: dict, given: dict) -> list[tuple[str, Any, Any]]:
    names = sorted(kept.keys() | given.keys())
    return [(n, kept.get(n), given.get(n)) for n in names if kept.get(n) != given.get(n)]
