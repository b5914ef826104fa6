"""Writing the faces of a picture: their rows and their files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from crawler.archive import Archive
from crawler.dataset.quarantine import DECIDED_HERE, OUTDATED, PLACES, STRAY, home
from crawler.dataset.records import quarantine_faces
from crawler.faces import CutResult, FaceSettings
from crawler.schema import FaceRow, ImageRow
from crawler.shared.files import replacing


def store_cut(
    archive: Archive, image: ImageRow, result: CutResult, settings: FaceSettings
) -> list[FaceRow]:
    """Store what a picture gave: its faces' files, then their rows in place of earlier ones."""
    rows = face_rows(image.sha256, result)
    for row, face in zip(rows, result.faces):
        write_face(archive.folder, row.id, row.reason, face.png)
    archive.add_faces(
        image,
        rows,
        size=(result.width, result.height) if result.width else None,
        profile=settings.profile,
        detector=settings.detector,
        reason=result.reason,
    )
    return rows


def face_rows(image_sha256: str, result: CutResult) -> list[FaceRow]:
    """The rows of a picture's faces for :meth:`crawler.archive.Archive.add_faces`."""
    return [
        FaceRow(
            id=f"{image_sha256[:16]}-{index}",
            index=index,
            box=face.box,
            score=face.score,
            tilt=face.tilt,
            phash=f"{face.phash:016x}",
            reason=face.reject_reason,
            sha256=face.sha256,
        )
        for index, face in enumerate(result.faces)
    ]


def write_face(folder: Path, face_id: str, reason: str | None, png: bytes) -> None:
    """Put a face where it belongs, and nowhere else."""
    place = home(folder, reason)
    place.mkdir(parents=True, exist_ok=True)
    with replacing(place / f"{face_id}.png") as file:
        file.write(png)
    remove_face(folder, face_id, but_not=reason)


def outdate_faces(archive: Archive, images: Iterable[ImageRow]) -> int:
    """Keep faces of pictures that are gone out of a set that is cut otherwise now.

    Args:
        archive: The archive.
        images: The pictures.

    Returns:
        How many faces of theirs were in the set, or could have come back to it.
    """
    gone = {image.id for image in images}
    faces = archive.connection.execute("SELECT image_id, id, reason FROM faces").fetchall()
    outdated = {
        face_id: OUTDATED
        for image_id, face_id, reason in faces
        if image_id in gone and reason in (None, *DECIDED_HERE)
    }
    quarantine_faces(archive, outdated)
    return len(outdated)


def remove_face(folder: Path, face_id: str, *, but_not: str | None = STRAY) -> None:
    """Delete a face's file from all places but one."""
    for reason in PLACES:
        if reason != but_not:
            (home(folder, reason) / f"{face_id}.png").unlink(missing_ok=True)
