"""What the tests of the crawler's network half share: a clock, a session, a crawl."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import sqlite3
from pathlib import Path

import numpy as np

from crawler.archive import Archive
from crawler.database import FILE_NAME
from crawler.faces import FacePool, FaceSettings
from crawler.fetch import Clock, Identity, Limits, RobotsInMemory, Session, Transport
from crawler.goals import Goals
from crawler.loop import Crawl
from crawler.sources import getchu, safebooru
from crawler.sources.getchu import Getchu
from crawler.sources.safebooru import Safebooru

QUICK = Limits(
    interval_s=0.0,
    jitter_s=0.0,
    connect_timeout_s=5.0,
    read_timeout_s=5.0,
    backoff_s=0.01,
    backoff_cap_s=0.02,
    page_bytes=1 << 20,
    picture_bytes=2 << 20,
    picture_pixels=10_000_000,
)


class FakeClock(Clock):
    """A clock that sleeps in no time and remembers how long it was asked to."""

    def __init__(self):
        super().__init__()
        self.time = 1000.0
        self.sleeps: list[float] = []

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return 1_800_000_000 + self.time

    def sleep(self, seconds: float) -> None:
        super().sleep(0)
        self.sleeps.append(seconds)
        self.time += seconds


def session_for(site, *, clock=None, limits=QUICK, store=None, cookie=None, key=None) -> Session:
    """A session for a site on this machine."""
    clock = clock or FakeClock()
    transport = Transport(
        identity=Identity("test@example.invalid", cookie, key or {}),
        limits=limits,
        clock=clock,
        allow_private=True,
    )
    return Session(
        [site.host],
        transport=transport,
        robots_store=store or RobotsInMemory(),
        limits=limits,
        clock=clock,
        rng=np.random.default_rng(0),
        allow_http=True,
    )


def fingerprint(folder: Path) -> dict[str, str]:
    """What a data set holds: every file's hash, and the archive's rows without their times.

    Locks and sqlite's own side files say nothing of the content.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith("archive."):
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    connection = sqlite3.connect(folder / FILE_NAME)
    for table, columns in {
        "pages": "id, walk, kind, url, cursor, state, reason",
        "posts": "*",
        "images": "*",
        "faces": "*",
        "failures": "url, reason, tries",
        "facts": "*",
    }.items():
        rows = connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1").fetchall()
        found[f"table {table}"] = json.dumps(rows)
    connection.close()
    return found


def rows(archive: Archive, sql: str) -> list[tuple]:
    """What a query gives."""
    return archive.connection.execute(sql).fetchall()


@contextlib.contextmanager
def crawling(
    folder, make_source, site, *, goals=None, pool=None, clock=None, cookie=None, key=None
):
    """A crawl of a site into a folder, ready to be driven; yields it and its archive."""
    settings = FaceSettings(profile=make_source.default_profile)
    clock = clock or FakeClock()
    with contextlib.ExitStack() as stack:
        archive = stack.enter_context(Archive(folder, create=True, lock=True))
        pool = pool or stack.enter_context(FacePool(settings))
        session = session_for(site, clock=clock, store=archive, cookie=cookie, key=key)
        crawl = Crawl(
            archive,
            make_source(session, clock, site.url),
            pool,
            settings,
            goals=goals or Goals(),
            clock=clock,
            stop_asked=lambda: False,
            bytes_taken=lambda: session.transport.n_bytes,
        )
        yield crawl, archive


def safebooru_source(**query):
    """Makes a Safebooru source for :func:`crawling`."""

    def make(session, clock, url):
        return Safebooru(session, clock.sleep, base_url=url, query=safebooru.Query(**query))

    make.default_profile = Safebooru.default_profile
    return make


def getchu_source(since, until, confirm_adult=False, **more):
    """Makes a Getchu source for :func:`crawling`."""

    def make(session, clock, url):
        query = getchu.Query(since, until, confirm_adult)
        return Getchu(session, datetime.date(2026, 11, 1), base_url=url, query=query, **more)

    make.default_profile = Getchu.default_profile
    return make
