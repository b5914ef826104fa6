"""The tables of a data set's archive, and its rows as the crawler hands them about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE facts (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL         -- JSON
);
CREATE TABLE robots (
    host TEXT PRIMARY KEY, status INTEGER, body TEXT, decision TEXT, read_at REAL);
CREATE TABLE pages (
    id INTEGER PRIMARY KEY,
    walk INTEGER NOT NULL,         -- 0 the crawl, 1... the updates after it
    kind TEXT NOT NULL,
    url TEXT NOT NULL,
    cursor TEXT NOT NULL,          -- JSON
    state TEXT NOT NULL,           -- wanted, done, failed
    reason TEXT);
CREATE INDEX pages_by_state ON pages (state, walk, id);
CREATE INDEX pages_by_reason ON pages (state, reason);
CREATE INDEX pages_by_url ON pages (url);
CREATE TABLE posts (
    id INTEGER PRIMARY KEY,
    page_id INTEGER NOT NULL REFERENCES pages (id),
    source TEXT NOT NULL,
    post_id TEXT NOT NULL,         -- the site's own
    group_key TEXT NOT NULL,       -- never stands on both sides of a split
    page_url TEXT NOT NULL,
    title TEXT, character TEXT, tags TEXT, rating TEXT, date TEXT, artist TEXT,
    meta TEXT NOT NULL,            -- JSON
    state TEXT NOT NULL,           -- wanted, done, skipped
    reason TEXT,
    UNIQUE (source, post_id));
CREATE INDEX posts_by_state ON posts (state, reason, id);
CREATE INDEX posts_by_page ON posts (page_id);
CREATE TABLE images (
    id INTEGER PRIMARY KEY,
    post INTEGER NOT NULL REFERENCES posts (id),
    url TEXT NOT NULL,
    role TEXT NOT NULL,
    character TEXT,                -- where a post shows several
    state TEXT NOT NULL,           -- spare, wanted, stored, cut, replaced, duplicate, failed
    reason TEXT,                   -- why it failed, or why it gave no face
    stated_md5 TEXT,
    sha256 TEXT, md5 TEXT, bytes INTEGER, width INTEGER, height INTEGER,
    path TEXT,                     -- in the data set's folder, or absolute
    flag TEXT);                    -- kept in spite of this
CREATE INDEX images_by_state ON images (state, reason);
CREATE INDEX images_by_post ON images (post);
CREATE INDEX images_by_sha256 ON images (sha256);
CREATE TABLE faces (
    id TEXT PRIMARY KEY,           -- <16 digits of the picture's sha256>-<index>; names its PNG
    image_id INTEGER NOT NULL REFERENCES images (id),
    "index" INTEGER NOT NULL,
    x INTEGER NOT NULL, y INTEGER NOT NULL, w INTEGER NOT NULL, h INTEGER NOT NULL,
    score REAL, profile TEXT, detector TEXT, detector_sha TEXT, tilt REAL,
    phash TEXT,                    -- 16 hex digits
    state TEXT NOT NULL,           -- accepted, quarantined
    reason TEXT,
    sha256 TEXT NOT NULL);         -- of the PNG
CREATE INDEX faces_by_image ON faces (image_id);
CREATE INDEX faces_by_state ON faces (state, reason);
CREATE TABLE failures (
    url TEXT PRIMARY KEY, page_id INTEGER, image_id INTEGER,
    reason TEXT NOT NULL, tries INTEGER NOT NULL, last REAL NOT NULL);
"""


@dataclass(frozen=True)
class PageRow:
    """A page of the queue."""

    id: int
    walk: int
    kind: str
    url: str
    cursor: Mapping[str, Any]


@dataclass(frozen=True)
class PostRow:
    """A post whose pictures are to be fetched and cut."""

    id: int
    post_id: str
    page_url: str


@dataclass(frozen=True)
class ImageRow:
    """A picture of a post; ``path`` is None until it is stored."""

    id: int
    post: int
    url: str
    role: str
    state: str
    stated_md5: str | None
    sha256: str | None
    path: str | None
    page_url: str


@dataclass(frozen=True)
class FaceRow:
    """A face as the cutter found it; see the table for the columns."""

    id: str
    index: int
    box: tuple[int, int, int, int]  # x, y, w, h in the picture's pixels
    score: float
    tilt: float
    phash: str
    reason: str | None  # why it is in quarantine
    sha256: str
