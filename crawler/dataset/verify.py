"""Hashing everything again and telling each difference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from crawler.archive import Archive
from crawler.database import FILE_NAME as ARCHIVE_NAME
from crawler.dataset.manifest import FILE_NAME, read_manifest
from crawler.dataset.originals import difference, find_original
from crawler.dataset.outputs import SPLIT_FILE, split_of
from crawler.dataset.quarantine import home
from crawler.dataset.records import Record, archived_faces


def verify(data_folder: Path) -> list[str]:
    """Compare a built set with its manifest and, where there is one, with its archive.

    Args:
        data_folder: The data set's folder.

    Returns:
        A sentence for each difference; none if all is as it was built.

    Raises:
        UserError: If there is no manifest, or it or the archive cannot be read.
    """
    about, records = read_manifest(data_folder / FILE_NAME)
    found = list(_faces(data_folder, records))
    if (data_folder / ARCHIVE_NAME).exists():
        with Archive(data_folder, read_only=True) as archive:
            found += _archive(archive, records)
            found += _archived_originals(archive)
    else:
        found += _originals(data_folder, records)
    split = data_folder / SPLIT_FILE
    try:
        is_same = json.loads(split.read_text(encoding="utf-8")) == split_of(about, records)
    except (OSError, ValueError):
        is_same = False
    return found if is_same else [*found, f"{SPLIT_FILE}: does not agree with the manifest"]


def _faces(folder: Path, records: Sequence[Record]) -> Iterator[str]:
    names = set()
    for record in tqdm(records, desc="faces", unit="face", disable=None):
        names.add(f"{record.id}.png")
        wrong = difference(folder / "faces" / f"{record.id}.png", record.sha256)
        if wrong:
            yield f"faces/{record.id}.png: {wrong}"
    if (folder / "faces").is_dir():
        for path in sorted((folder / "faces").iterdir()):
            if path.name not in names:
                yield f"faces/{path.name}: not in the manifest"


def _originals(folder: Path, records: Sequence[Record]) -> Iterator[str]:
    pictures = {record.image_sha256: record for record in records}
    for sha256, record in tqdm(pictures.items(), desc="originals", unit="file", disable=None):
        wrong = difference(find_original(folder, sha256), sha256, record.image_md5)
        if wrong:
            yield f"originals/{sha256[:2]}/{sha256} of {record.image_url}: {wrong}"


def _archived_originals(archive: Archive) -> Iterator[str]:
    rows = archive.connection.execute(
        "SELECT path, min(url), sha256, md5 FROM images WHERE path IS NOT NULL "
        "GROUP BY path, sha256, md5 ORDER BY min(id)"
    ).fetchall()
    for path, url, sha256, md5 in tqdm(rows, desc="originals", unit="file", disable=None):
        wrong = difference(archive.folder / path, sha256, md5)
        if wrong:
            yield f"{path} of {url}: {wrong}"


def _archive(archive: Archive, records: Sequence[Record]) -> Iterator[str]:
    """Rows that are damaged, or that the manifest does not have; quarantined files."""
    for (said,) in archive.connection.execute("PRAGMA integrity_check(10)").fetchall():
        if said != "ok":
            yield f"{ARCHIVE_NAME}: {said}"
    built = {record.id: record.sha256 for record in records}
    faces = archived_faces(archive)
    accepted = {face.record.id: face.record.sha256 for face in faces if face.reason is None}
    for face_id in sorted(built.keys() | accepted.keys()):
        if built.get(face_id) != accepted.get(face_id):
            yield f"{face_id}: the archive and the manifest disagree, run `build` again"
    for face in faces:
        if face.reason is not None:
            path = home(archive.folder, face.reason) / f"{face.record.id}.png"
            wrong = difference(path, face.record.sha256)
            if wrong:
                yield f"{path.relative_to(archive.folder)}: {wrong}"
