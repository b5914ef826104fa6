"""From an archive of cut faces to a set: which stay, on which side, and all that tells of it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crawler.archive import Archive
from crawler.dataset import quarantine
from crawler.dataset.duplicates import keepers, near_pairs, popcount
from crawler.dataset.outputs import write_outputs
from crawler.dataset.records import (
    ArchivedFace,
    Record,
    archived_faces,
    quarantine_faces,
    shared_pictures,
)
from crawler.dataset.settings import BuildSettings
from crawler.dataset.split import Groups, join_all, split_groups
from crawler.faces.filters import REASONS
from crawler.shared.errors import UserError

PARDONS = "pardons"  # the fact: why faces that are pardoned would be in quarantine
UNFINISHED = "rebuild_is_unfinished"  # the fact: some faces are cut anew, others not yet
SETTINGS = "build_settings"  # the fact: how the user wants it built


@dataclass(frozen=True)
class BuildReport:
    """What a build did."""

    n_faces: int  # in the set
    n_train: int
    n_test: int
    quarantine: Mapping[str, int]  # faces by reason

    def __str__(self) -> str:
        reasons = ", ".join(f"{n} {reason}" for reason, n in self.quarantine.items())
        return (
            f"{self.n_faces} faces, {self.n_train} to train and {self.n_test} to test with; "
            f"in quarantine: {reasons or 'none'}"
        )


def build(data_folder: Path, settings: BuildSettings | None = None) -> BuildReport:
    """Decide on near-duplicates, rejects and the split; place the files; write the records.

    It may be run again at any time and does the same to the same archive and reject list.

    Args:
        data_folder: The data set's folder with its archive.
        settings: How, which is remembered; as it was last told if None.

    Raises:
        UserError: If there is no archive or no face in it, or a face's file is missing.
    """
    with Archive(data_folder, lock=True) as archive:
        faces = archived_faces(archive)
        if not faces:
            raise UserError(
                f"there is no face in {data_folder}: crawl more, or see `status` for why none "
                "was found."
            )
        if settings is not None:
            archive.set_fact(SETTINGS, dataclasses.asdict(settings))
        settings = kept_settings(archive)
        about = _about(archive, settings)
        before = {face.record.id: face.reason for face in faces}
        quarantine.adopt_rejects(data_folder, before)
        # What the cutter said against a face that was pardoned is kept, for when it is not.
        against = archive.fact(PARDONS, {})
        faces = [
            dataclasses.replace(face, reason=face.reason or against.get(face.record.id))
            for face in faces
        ]
        pardons = quarantine.read_pardons(data_folder)
        reasons, near = _decide(faces, quarantine.read_rejects(data_folder), pardons, settings)
        cut_for = {face.record.id: face.reason for face in faces}
        archive.set_fact(
            PARDONS,
            {name: cut_for[name] for name in sorted(pardons) if cut_for.get(name) in REASONS},
        )
        changed = {name: why for name, why in reasons.items() if why != before[name]}
        quarantine_faces(archive, changed)
        quarantine.place(data_folder, reasons)
        records = _split(
            [face for face in faces if reasons[face.record.id] is None],
            _groups(faces, near, shared_pictures(archive)),
            settings,
        )
    about["faces"] = len(records)
    about["quarantine"] = dict(sorted(Counter(filter(None, reasons.values())).items()))
    write_outputs(data_folder, about, records)
    n_test = sum(record.split == "test" for record in records)
    return BuildReport(len(records), len(records) - n_test, n_test, about["quarantine"])


def kept_settings(archive: Archive) -> BuildSettings:
    """How a set is built: as the user last told, or by default."""
    return BuildSettings(**archive.fact(SETTINGS, {}))


def _about(archive: Archive, settings: BuildSettings) -> dict[str, Any]:
    """The manifest's first line; nothing in it depends on the machine or the hour."""
    begun_with = archive.fact("settings", {})
    if "faces" not in begun_with:
        raise UserError(f"{archive.folder} does not say how its faces were cut: crawl it first.")
    if archive.fact(UNFINISHED):
        raise UserError(
            f"a rebuild of {archive.folder} was interrupted, so its faces are cut in two ways: "
            "run `rebuild` again."
        )
    query = begun_with.get("query", {})
    counts = archive.connection.execute(
        "SELECT state, reason, count(*) FROM images GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return {
        "name": archive.folder.resolve().name,
        "source": begun_with.get("source"),
        "query": {key: value for key, value in query.items() if key != "path"},
        "settings": {"faces": begun_with["faces"], "build": dataclasses.asdict(settings)},
        "crawled": {" ".join(filter(None, [state, why])): n for state, why, n in counts},
    }


def _decide(
    faces: Sequence[ArchivedFace],
    rejects: frozenset[str],
    pardons: frozenset[str],
    settings: BuildSettings,
) -> tuple[dict[str, str | None], list[tuple[ArchivedFace, ArchivedFace]]]:
    """Why each face is in quarantine, and the pairs that must not straddle the split.

    Of near-duplicates the face with the most pixels stays, then the one with the best score,
    then the one with the least id.
    """
    reasons = {face.record.id: face.reason for face in faces}
    candidates = []
    for face in faces:
        is_pardoned = face.record.id in pardons
        if face.reason == quarantine.OUTDATED:
            continue
        if is_pardoned or face.reason is None or face.reason in quarantine.DECIDED_HERE:
            is_rejected = not is_pardoned and quarantine.is_rejected(face.record.id, rejects)
            reasons[face.record.id] = quarantine.REJECTED if is_rejected else None
            if not is_rejected:
                candidates.append(face)

    hashes = np.array([int(face.record.phash, 16) for face in candidates], np.uint64)
    near = near_pairs(hashes, settings.group_radius)
    distances = popcount(hashes[near[:, 0]] ^ hashes[near[:, 1]])
    best_first = sorted(
        range(len(candidates)),
        key=lambda index: (
            candidates[index].record.id not in pardons,
            *_rank(candidates[index].record),
        ),
    )
    kept = keepers(len(candidates), near[distances <= settings.duplicate_radius], best_first)
    for index, stays in enumerate(kept):
        if stays != index and candidates[index].record.id not in pardons:
            reasons[candidates[index].record.id] = quarantine.NEAR_DUPLICATE
    return reasons, [(candidates[a], candidates[b]) for a, b in near]


def _rank(record: Record) -> tuple[float, float, str]:
    return -max(record.box[2:]), -record.score, record.id


def _groups(
    faces: Sequence[ArchivedFace],
    near: Sequence[tuple[ArchivedFace, ArchivedFace]],
    pictures: Sequence[tuple[str, str]],
) -> Groups:
    """Join posts of one parent or title, with near faces, or with the same picture."""
    groups = Groups()
    for one, other in near:
        groups.join(one.group_key, other.group_key)
    by_picture: dict[str, list[str]] = {}
    for sha256, group_key in pictures:
        by_picture.setdefault(sha256, []).append(group_key)
    for group_keys in by_picture.values():
        join_all(groups, group_keys)
    return groups


def _split(faces: Sequence[ArchivedFace], groups: Groups, settings: BuildSettings) -> list[Record]:
    of = {face.record.id: groups.of(face.group_key) for face in faces}
    sides = split_groups(Counter(of.values()), settings.test_share, settings.seed)
    return [
        dataclasses.replace(face.record, group=of[face.record.id], split=sides[of[face.record.id]])
        for face in faces
    ]
