"""From what a data set was begun with to a source that is ready to be asked."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import functools
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from crawler.archive import Archive
from crawler.commands import arguments
from crawler.faces import FaceSettings
from crawler.fetch import Clock, Identity, Limits, Session, Transport
from crawler.fetch.pages import keep_page
from crawler.fetch.robots import RobotsStore
from crawler.shared.errors import UserError
from crawler.sources import getchu, safebooru
from crawler.sources.base import Source
from crawler.sources.folder import Folder
from crawler.sources.getchu import Getchu
from crawler.sources.safebooru import Safebooru

# Registered names; everything below them is the site's own.
HOSTS = {safebooru.BASE_URL: "safebooru.org", getchu.BASE_URL: "getchu.com"}
BASE_URLS = {"safebooru": safebooru.BASE_URL, "getchu": getchu.BASE_URL}
PROFILES = {source.name: source.default_profile for source in (Safebooru, Getchu, Folder)}
JITTER_S = {"safebooru": 0.2, "getchu": 1.0}  # Getchu bans for minutes whoever asks too fast


def agree(
    archive: Archive, args: argparse.Namespace, record: Mapping[str, Any] | None
) -> FaceSettings:
    """Keep what a data set is begun with; refuse to go on with anything else.

    Args:
        archive: The data set's archive.
        args: The command line, with its face settings.
        record: The source's name, its place and its query; None for what they were.

    Returns:
        How faces are cut: as before, or for a new set as the source and the flags say.

    Raises:
        UserError: The set was begun otherwise, and each difference is named; or never begun.
    """
    kept = archive.fact("settings")
    if record is not None and archive.begin_anew():
        kept = None  # nothing came of it, for want of a network or of --contact
    if kept is None and record is None:
        raise UserError(f"{archive.folder} was never crawled: crawl it first.")
    if kept is None:
        plain = FaceSettings(profile=PROFILES[record["source"]])
    else:
        plain = FaceSettings(**kept["faces"])
    settings = arguments.face_settings(args, plain)
    given = {**(kept if record is None else record), "faces": dataclasses.asdict(settings)}
    if kept is None:
        archive.set_fact("settings", given)
        return settings
    differences = [
        f"{name} was {was!r} and is now {now!r}"
        for name, was, now in _differences(_flat(kept), _flat(json.loads(json.dumps(given))))
    ]
    if differences:
        raise UserError(
            f"{archive.folder} was begun with other settings ({'; '.join(differences)}): give "
            "those again, or another --name (`rebuild` cuts the faces anew)."
        )
    return settings


@contextlib.contextmanager
def opened_source(
    record: Mapping[str, Any],
    args: argparse.Namespace,
    clock: Clock,
    *,
    contact: str | None,
    robots_store: RobotsStore,
    pages_folder: Path | None = None,
) -> Iterator[tuple[Source, Transport | None]]:
    """A source as its record describes it, and what sends its requests, if any are sent.

    Args:
        record: What the data set was begun with.
        args: The command line, with the flags of the pace.
        clock: What tells the time and waits.
        contact: Who is asking.
        robots_store: Where robots.txt is kept.
        pages_folder: The data set's folder, if its pages are to be kept.
    """
    query = record["query"]
    if record["source"] == "folder":
        yield opened_folder(query["path"], args), None
        return
    with opened_session(
        record["source"],
        record["base_url"],
        args,
        clock,
        contact=contact,
        robots_store=robots_store,
        is_adult=query.get("confirm_adult", False),
        is_private=record["allow_private"],
        pages_folder=pages_folder,
    ) as session:
        make = _safebooru if record["source"] == "safebooru" else _getchu
        yield make(record, args, session, clock), session.transport


def opened_folder(path: str, args: argparse.Namespace) -> Folder:
    """A folder of pictures, without the data sets that may lie below it."""
    own = (args.data_root, arguments.data_folder(args))
    return Folder(Path(path), Limits(), but_not=own)


def _safebooru(record, args, session: Session, clock: Clock) -> Safebooru:
    query = safebooru.Query(**record["query"])
    return Safebooru(session, clock.sleep, base_url=record["base_url"], query=query)


def _getchu(record, args, session: Session, clock: Clock) -> Getchu:
    query = record["query"]
    months = {key: query[key] and tuple(query[key]) for key in ("since", "until")}
    return Getchu(
        session,
        datetime.date.fromtimestamp(clock.wall()),
        base_url=record["base_url"],
        query=getchu.Query(**months, confirm_adult=query["confirm_adult"]),
        max_barren_pages=getattr(args, "max_barren", 50) or None,
    )


@contextlib.contextmanager
def opened_session(
    source: str,
    base_url: str,
    args: argparse.Namespace,
    clock: Clock,
    *,
    contact: str | None,
    robots_store: RobotsStore,
    is_adult: bool = False,
    is_private: bool = False,
    pages_folder: Path | None = None,
) -> Iterator[Session]:
    """A polite session for one site, at the pace that the flags set.

    Args:
        source: safebooru or getchu.
        base_url: Where the site is.
        args: The flags of :func:`crawler.commands.arguments.add_pace`.
        clock: What tells the time and waits.
        contact: Who is asking.
        robots_store: Where robots.txt is kept.
        is_adult: Whether the user has confirmed to be of age.
        is_private: Whether the site may be on this machine or the local network.
        pages_folder: The data set's folder, if its pages are to be kept.

    Raises:
        UserError: The rate or the contact will not do.
    """
    check_manners(contact, args, is_private=is_private)
    limits = Limits(
        interval_s=1 / args.rate,
        jitter_s=JITTER_S[source] if args.jitter is None else args.jitter,
        read_timeout_s=args.timeout,
        answer_timeout_s=args.answer_timeout,
    )
    identity = Identity(
        contact or "a test on this machine",
        cookie=getchu.ADULT_COOKIE if is_adult and source == "getchu" else None,
        key=arguments.api_key(args) if source == "safebooru" else {},
    )
    transport = Transport(
        identity=identity, limits=limits, clock=clock, allow_private=is_private, proxy=args.proxy
    )
    keep = functools.partial(keep_page, pages_folder) if pages_folder else lambda page: None
    with contextlib.closing(transport):
        yield Session(
            [HOSTS.get(base_url, _registered(base_url))],
            transport=transport,
            robots_store=robots_store,
            limits=limits,
            clock=clock,
            rng=np.random.default_rng(),  # jitter only: it changes nothing that is stored
            allow_http=urlsplit(base_url).scheme == "http",
            keep_page=keep,
        )


def _registered(base_url: str) -> str:
    """A site's own name: its pictures are often beside ``www.`` or ``api.``, not below it."""
    return re.sub(r"^(?:www|api)\.", "", urlsplit(base_url).netloc)


def check_manners(contact: str | None, args: argparse.Namespace, *, is_private: bool) -> None:
    """A site that is not one's own is told who asks, and asked at most once a second.

    Raises:
        UserError: The contact, the rate or the proxy will not do.
    """
    if contact is None and not is_private:
        raise UserError(
            "the site should be able to reach whoever crawls it: give your mail address or web "
            "page with --contact (it is sent to the site and nowhere else)."
        )
    if contact and not re.fullmatch(r"[\x21-\x7e]+@[\x21-\x7e]+|https?://[\x21-\x7e]+", contact):
        raise UserError(f"--contact {contact!r} is neither a mail address nor a web page's URL.")
    if args.rate > 1 and not is_private:
        raise UserError(f"--rate {args.rate:g} is not above 0 and at most 1 request a second.")
    if (args.proxy or "").startswith("socks") and importlib.util.find_spec("socks") is None:
        raise UserError(
            f"--proxy {args.proxy.partition(':')[0]}://... needs PySocks: pip install PySocks."
        )


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
