"""The user's reject list, and moving files to where the archive says that they belong."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from crawler.faces.filters import REASONS
from crawler.shared.errors import UserError
from crawler.shared.files import replacing

NEAR_DUPLICATE, REJECTED = "near_duplicate", "rejected"
#: Decided anew by each build; the face cutter's reasons stay.
DECIDED_HERE = (NEAR_DUPLICATE, REJECTED)
OUTDATED = "outdated"  # cut otherwise than the set, as the picture is gone; not to be pardoned
STRAY = "stray"
#: Where a face of the archive may lie; None is the set itself.
PLACES = (*REASONS, *DECIDED_HERE, OUTDATED, None)

REJECTS_FILE = "rejects.txt"
PARDONED = "!"  # before the id of a face that stays in whatever was said against it
_REJECTS_HEAD = """\
# Faces that are not wanted: one id a line, as the files in faces/ are called, or at least 16
# digits of a picture's sha256 for all of its faces.  A face moved into quarantine/rejected/ by
# hand is added here by the next build; a line taken out brings its face back.  An id with a !
# before it brings a face back from quarantine, whatever put it there.
"""


def read_rejects(folder: Path) -> frozenset[str]:
    """What the reject list names: ids of faces, and first 16 digits of pictures' sha256.

    Raises:
        UserError: If a line is neither.
    """
    return frozenset(name for name in _listed(folder) if not name.startswith(PARDONED))


def read_pardons(folder: Path) -> frozenset[str]:
    """The ids of faces that the reject list keeps in the set; raises as :func:`read_rejects`."""
    return frozenset(
        name.removeprefix(PARDONED) for name in _listed(folder) if name.startswith(PARDONED)
    )


def empty_rejects() -> str:
    """A reject list with nothing on it."""
    return _REJECTS_HEAD


def _listed(folder: Path) -> Iterator[str]:
    path = folder / REJECTS_FILE
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for number, line in enumerate(text.splitlines(), 1):
        name = line.partition("#")[0].strip().removesuffix(".png")
        mark = PARDONED if name.startswith(PARDONED) else ""
        picture, _, index = name.removeprefix(PARDONED).partition("-")
        if name and (len(picture) < 16 or not set(picture) <= set("0123456789abcdef")):
            raise UserError(
                f"line {number} of {path} is neither a face's id, such as 0123456789abcdef-0, "
                "nor a picture's sha256: correct it or take it out."
            )
        if name:
            yield mark + (f"{picture[:16]}-{index}" if index else picture[:16])


def home(folder: Path, reason: str | None) -> Path:
    """Where faces lie: ``faces/``, or ``quarantine/<reason>/``."""
    return folder / "faces" if reason is None else folder / "quarantine" / reason


def is_rejected(face_id: str, rejects: frozenset[str]) -> bool:
    """Whether the list names the face or its picture."""
    return face_id in rejects or face_id.partition("-")[0] in rejects


def adopt_rejects(folder: Path, reasons: Mapping[str, str | None]) -> None:
    """Put faces that were moved to quarantine/rejected/ by hand on the list.

    Args:
        folder: The data set's.
        reasons: For the id of each face why it was in quarantine, as far as the archive knows.
    """
    by_hand = sorted(
        face_id
        for face_id in _names(folder / "quarantine" / REJECTED)
        if face_id in reasons and reasons[face_id] != REJECTED
    )
    path = folder / REJECTS_FILE
    if path.exists() and not by_hand:
        return
    text = path.read_text(encoding="utf-8") if path.exists() else _REJECTS_HEAD
    known = read_rejects(folder)
    lines = [f"{face_id}\n" for face_id in by_hand if not is_rejected(face_id, known)]
    with replacing(path, "w") as file:
        file.write(text + ("" if text.endswith("\n") or not text else "\n") + "".join(lines))


def place(folder: Path, reasons: Mapping[str, str | None]) -> None:
    """Move each face's file to ``faces/`` or ``quarantine/<reason>/``, and strays out of faces.

    Args:
        folder: The data set's.
        reasons: For the id of every face of the archive, why it is in quarantine or None.

    Raises:
        UserError: If an accepted face has no file anywhere.
    """
    where = {}
    for reason in (STRAY, *PLACES):
        for face_id in _names(home(folder, reason)):
            where[face_id] = reason
    missing = []
    for face_id, reason in reasons.items():
        if where.get(face_id, "nowhere") == reason:
            continue
        if face_id in where:
            _move(face_id, home(folder, where[face_id]), home(folder, reason))
        elif reason is None:
            missing.append(face_id)
    for face_id in sorted(where.keys() - reasons.keys()):
        if where[face_id] is None:
            _move(face_id, home(folder, None), home(folder, STRAY))
    if missing:
        raise UserError(
            f"{len(missing)} faces have no file in {folder / 'faces'} ({missing[0]} is the "
            f"first): run `rebuild` to cut them again, or put their ids into {REJECTS_FILE}."
        )


def _names(folder: Path) -> Iterable[str]:
    if folder.is_dir():
        for entry in os.scandir(folder):
            if entry.name.endswith(".png"):
                yield entry.name[: -len(".png")]


def _move(face_id: str, source: Path, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    os.replace(source / f"{face_id}.png", to / f"{face_id}.png")
