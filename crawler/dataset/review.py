"""review.html: all faces of a set in one local page, to be looked through and marked.

It holds no picture but leads to those in ``faces/`` and ``quarantine/``, and draws only the
rows that are in sight, so that 25,000 faces open at once.  What is marked is saved as
``rejects.txt``, which the next build honours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from crawler.archive import Archive
from crawler.dataset.duplicates import nearest_distances
from crawler.dataset.pages import render
from crawler.dataset.quarantine import (
    PARDONED,
    REJECTS_FILE,
    empty_rejects,
    read_pardons,
    read_rejects,
)
from crawler.dataset.records import ArchivedFace, archived_faces
from crawler.shared.errors import UserError
from crawler.shared.files import replacing

FILE_NAME = "review.html"


def write_review(data_folder: Path) -> tuple[Path, int]:
    """Write the page; returns where it is and how many faces it shows.

    Args:
        data_folder: The data set's folder with its archive.

    Raises:
        UserError: There is no archive, or no face in it.
    """
    with Archive(data_folder, read_only=True) as archive:
        faces = archived_faces(archive)
    if not faces:
        raise UserError(f"there is no face in {data_folder}: crawl it first.")
    read_rejects(data_folder), read_pardons(data_folder)  # a bad line is said here, too
    rejects = data_folder / REJECTS_FILE
    text = rejects.read_text(encoding="utf-8") if rejects.exists() else empty_rejects()
    content = {
        "name": data_folder.resolve().name,
        "rejects": text.splitlines(),
        "pardoned": PARDONED,
        "faces": _rows(faces),
    }
    path = data_folder / FILE_NAME
    with replacing(path, "w") as file:
        file.write(render("review.html", name=content["name"], content=content))
    return path, len(faces)


def _rows(faces: list[ArchivedFace]) -> list[list[Any]]:
    """Id, reason, score, distance to the nearest other face, date, and who it is."""
    accepted = [index for index, face in enumerate(faces) if face.reason is None]
    hashes = np.array([int(faces[index].record.phash, 16) for index in accepted], np.uint64)
    distances = dict(zip(accepted, nearest_distances(hashes).tolist()))
    return [
        [
            face.record.id,
            face.reason or "",
            round(face.record.score, 2),
            distances.get(index, -1),
            (face.record.date or "")[:10],
            " · ".join(filter(None, [face.record.character, face.record.title])),
        ]
        for index, face in enumerate(faces)
    ]
