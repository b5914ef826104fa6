"""A face with all that is known of where it came from: a line of the manifest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crawler.archive import Archive


@dataclass(frozen=True)
class Record:
    """A face, its picture and its post; what a site did not tell is None."""

    id: str
    sha256: str  # of the face's PNG
    phash: str  # 16 hex digits
    box: tuple[int, int, int, int]  # x, y, w, h in the picture [px]
    score: float
    tilt: float  # degrees
    profile: str
    detector: str
    detector_sha256: str
    image_url: str
    image_role: str
    image_sha256: str
    image_md5: str
    image_bytes: int
    image_width: int
    image_height: int
    source: str
    post_id: str
    page_url: str
    title: str | None = None
    character: str | None = None
    tags: str | None = None
    rating: str | None = None
    date: str | None = None
    artist: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""  # faces that share it stand on the same side of the split
    split: str = ""  # train or test


@dataclass(frozen=True)
class ArchivedFace:
    """A face as the archive holds it."""

    record: Record
    reason: str | None  # why it is in quarantine
    group_key: str  # of its post


_QUERY = """
SELECT faces.reason, posts.group_key,
    faces.id, faces.sha256, faces.phash, faces.x, faces.y, faces.w, faces.h, faces.score,
    faces.tilt, faces.profile, faces.detector, faces.detector_sha,
    images.url, images.role, images.sha256, images.md5, images.bytes, images.width,
    images.height, posts.source, posts.post_id, posts.page_url, posts.title,
    coalesce(images.character, posts.character), posts.tags, posts.rating, posts.date,
    posts.artist, posts.meta
FROM faces JOIN images ON images.id = faces.image_id JOIN posts ON posts.id = images.post
ORDER BY faces.id
"""


def archived_faces(archive: Archive) -> list[ArchivedFace]:
    """All faces of an archive, by their id."""
    faces = []
    for reason, group_key, *columns in archive.connection.execute(_QUERY):
        before, box, after = columns[:3], columns[3:7], columns[7:-1]
        record = Record(*before, tuple(box), *after, meta=json.loads(columns[-1]))
        faces.append(ArchivedFace(record, reason, group_key))
    return faces


def shared_pictures(archive: Archive) -> list[tuple[str, str]]:
    """Pairs of a picture's sha256 and the group of a post that shows it."""
    return archive.connection.execute(
        "SELECT DISTINCT images.sha256, posts.group_key FROM images "
        "JOIN posts ON posts.id = images.post WHERE images.sha256 IS NOT NULL ORDER BY 1, 2"
    ).fetchall()


def quarantine_faces(archive: Archive, reasons: Mapping[str, str | None]) -> None:
    """Store why faces are in quarantine (None: they are not), by their ids, at once."""
    with archive.transaction():
        archive.connection.executemany(
            "UPDATE faces SET state = ?, reason = ? WHERE id = ?",
            [
                ("accepted" if reason is None else "quarantined", reason, face_id)
                for face_id, reason in reasons.items()
            ],
        )
