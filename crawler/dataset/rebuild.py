"""Making the faces again, from the originals on the disk or from a manifest alone."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from crawler.archive import Archive
from crawler.database import FILE_NAME as ARCHIVE_NAME
from crawler.dataset.build import PARDONS, UNFINISHED, build
from crawler.dataset.manifest import FILE_NAME, read_manifest
from crawler.dataset.originals import difference, find_original, keep_original
from crawler.dataset.outputs import write_outputs
from crawler.dataset.records import Record
from crawler.dataset.settings import BuildSettings
from crawler.dataset.storing import outdate_faces, remove_face, store_cut, write_face
from crawler.faces import FacePool, FaceSettings
from crawler.fetch import FetchError
from crawler.schema import ImageRow, PostRow
from crawler.shared.errors import UserError

#: Fetches a picture: its URL and the page to name as Referer; raises FetchError.
Fetch = Callable[[str, str], bytes]
WITH_OTHER_SETTINGS = "with other settings"  # what the fact of an unfinished rebuild says then


@dataclass
class RebuildReport:
    """What a rebuild did."""

    n_pictures: int = 0
    n_faces: int = 0  # in the set now
    n_outdated: int = 0  # faces taken out, as they could not be cut with the new settings
    problems: list[str] = field(default_factory=list)  # a sentence for each thing that failed


def rebuild(
    data_folder: Path,
    *,
    face_settings: FaceSettings | None = None,
    build_settings: BuildSettings | None = None,
    processes: int = 1,
    cascade: Path | None = None,
) -> RebuildReport:
    """Cut every stored picture of an archive again, then build.

    With the settings it was begun with the bytes are the same; with others they take their
    place, and faces whose picture is gone leave the set, which would mix two ways of cutting.
    It may be interrupted: the next rebuild goes through all pictures again.

    Args:
        data_folder: The data set's folder.
        face_settings: New settings, or None for those the set was cut with.
        build_settings: See :func:`crawler.dataset.build`; as it was last built if None.
        processes: That cut.
        cascade: The cascade's file; looked for if None.

    Raises:
        UserError: If there is no archive, no face is left, or there are new settings and no
            picture to cut with them.
    """
    report = RebuildReport()
    with Archive(data_folder, lock=True) as archive:
        begun_with = archive.fact("settings", {})
        if face_settings is None:
            face_settings = settings_from(begun_with.get("faces"), data_folder)
        faces = json.loads(json.dumps(dataclasses.asdict(face_settings)))
        is_otherwise = (
            faces != begun_with.get("faces") or archive.fact(UNFINISHED) == WITH_OTHER_SETTINGS
        )
        images, gone = _stored_images(archive), []
        if is_otherwise and images and all(_wrong(data_folder, image) for image in images):
            raise UserError(
                f"none of the {len(images)} pictures of {data_folder} is there to be cut with "
                "other settings: put them back where they were, or leave the settings out."
            )
        with FacePool(face_settings, processes, cascade=cascade) as pool:
            with archive.transaction():
                archive.set_fact("settings", {**begun_with, "faces": faces})
                archive.set_fact(UNFINISHED, WITH_OTHER_SETTINGS if is_otherwise else True)
                archive.set_fact(PARDONS, {})  # the cutter speaks anew
            whole = _whole(archive.folder, images, gone, report)
            for image, result in _bar(pool.map(whole), len(images)):
                old_ids = _face_ids(archive, image)
                rows = store_cut(archive, image, result, face_settings)
                for face_id in old_ids - {row.id for row in rows}:
                    remove_face(data_folder, face_id)
                report.n_pictures += 1
            with archive.transaction():
                if is_otherwise:
                    report.n_outdated = outdate_faces(archive, gone)
                archive.set_fact(UNFINISHED, False)
    report.n_faces = build(data_folder, build_settings).n_faces
    return report


def rebuild_from_manifest(
    manifest: Path,
    data_folder: Path,
    fetch: Fetch,
    *,
    processes: int = 1,
    cascade: Path | None = None,
) -> RebuildReport:
    """Make a set from a manifest: fetch its pictures, cut them, and compare every face.

    Pictures and faces that are there already are not fetched or cut again, so it may be
    interrupted, and run again for what failed.  The set's records are written once every face
    has arrived, and are then the same bytes as where the manifest was made.

    Args:
        manifest: The manifest.
        data_folder: The new data set's folder.
        fetch: What fetches a picture.
        processes: That cut.
        cascade: The cascade's file; looked for if None.

    Raises:
        UserError: If the manifest cannot be used, or the folder holds a crawled set.
    """
    about, records = read_manifest(manifest)
    settings = settings_from(about.get("settings", {}).get("faces"), manifest)
    if (data_folder / ARCHIVE_NAME).exists():
        raise UserError(
            f"{data_folder} was crawled, and a set from a manifest would mix with it: use "
            "another --name, or `rebuild` it without a manifest."
        )
    (data_folder / "faces").mkdir(parents=True, exist_ok=True)
    kept = data_folder / FILE_NAME
    if not (kept.exists() and kept.samefile(manifest)):
        shutil.copyfile(manifest, kept)

    report = RebuildReport()
    missing: dict[str, list[Record]] = {}
    for record in records:
        if difference(_face_path(data_folder, record), record.sha256):
            missing.setdefault(record.image_sha256, []).append(record)
        else:
            report.n_faces += 1
    with FacePool(settings, processes, cascade=cascade) as pool:
        pictures = _fetched(data_folder, missing.values(), fetch, settings, report)
        for wanted, result in _bar(pool.map(pictures), len(missing)):
            report.n_pictures += 1
            for record in wanted:
                index = int(record.id.partition("-")[2])
                face = result.faces[index] if index < len(result.faces) else None
                if face is None or face.sha256 != record.sha256:
                    report.problems.append(
                        f"{record.id} of {record.image_url}: the face came out differently"
                    )
                    continue
                write_face(data_folder, record.id, None, face.png)
                report.n_faces += 1
    if not report.problems:
        write_outputs(data_folder, about, records)
    return report


def settings_from(stored: Any, where: Path) -> FaceSettings:
    """Face settings as an archive or a manifest holds them.

    Raises:
        UserError: If they are missing, or are those of another version.
    """
    try:
        return FaceSettings(**stored)
    except TypeError as error:
        raise UserError(
            f"{where} does not say how its faces were cut in a way that this crawler knows "
            f"({error}): use the crawler that wrote it."
        ) from error


def _stored_images(archive: Archive) -> list[ImageRow]:
    posts = archive.connection.execute(
        "SELECT id, post_id, page_url FROM posts WHERE id IN "
        "(SELECT post FROM images WHERE state = 'cut') ORDER BY id"
    ).fetchall()
    return [image for post in posts for image in archive.images(PostRow(*post), "cut")]


def _face_ids(archive: Archive, image: ImageRow) -> set[str]:
    rows = archive.connection.execute("SELECT id FROM faces WHERE image_id = ?", (image.id,))
    return {face_id for (face_id,) in rows}


def _wrong(folder: Path, image: ImageRow) -> str | None:
    return difference(folder / image.path, image.sha256)


def _whole(
    folder: Path, images: Iterable[ImageRow], gone: list[ImageRow], report: RebuildReport
) -> Iterator[tuple[ImageRow, Path]]:
    """The pictures that are as they were; the others are noted as gone."""
    for image in images:
        wrong = _wrong(folder, image)
        if wrong:
            gone.append(image)
            report.problems.append(f"{image.path} of {image.url}: {wrong}")
        else:
            yield image, folder / image.path


def _fetched(
    folder: Path,
    of_pictures: Iterable[list[Record]],
    fetch: Fetch,
    settings: FaceSettings,
    report: RebuildReport,
) -> Iterator[tuple[list[Record], Path]]:
    """The wanted faces of each picture and where it lies, fetched if it must be."""
    for wanted in of_pictures:
        url, sha256 = wanted[0].image_url, wanted[0].image_sha256
        if difference(find_original(folder, sha256), sha256):
            try:
                content = fetch(url, wanted[0].page_url)
            except FetchError as error:
                report.problems.append(str(error))
                continue
            except FileNotFoundError:  # a folder's picture
                report.problems.append(f"{url}: missing")
                continue
            wrong = keep_original(folder, content, sha256, settings.max_pixels)
            if wrong:
                report.problems.append(f"{url}: {wrong}")
                continue
        yield wanted, find_original(folder, sha256)


def _face_path(folder: Path, record: Record) -> Path:
    return folder / "faces" / f"{record.id}.png"


def _bar(results: Iterable, n_pictures: int) -> tqdm:
    return tqdm(results, total=n_pictures, unit="picture", disable=None)
