"""manifest.jsonl: a line about the set, then a line for each face, in the order of their ids.

It names every picture and where it came from but holds none of them, so it can be shared where
the pictures cannot; :mod:`crawler.dataset.rebuild` makes the same set from it.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from crawler.dataset.records import Record
from crawler.shared.errors import UserError
from crawler.shared.files import replacing

FILE_NAME = "manifest.jsonl"
FORMAT = "anime-faces"
VERSION = 1

# A manifest may come from a stranger: what becomes a path is checked.
_NAMES_FILES = {
    "id": r"[0-9a-f]{16}-\d+",
    "sha256": r"[0-9a-f]{64}",
    "image_sha256": r"[0-9a-f]{64}",
}


def write_manifest(path: Path, about: dict[str, Any], records: Iterable[Record]) -> None:
    """Write what is known of the set and its faces.

    Args:
        path: The file.
        about: Facts of the set; ``settings`` holds those of the faces and of the build.
        records: The faces.
    """
    with replacing(path, "w") as file:
        file.write(_line({"format": FORMAT, "version": VERSION, **about}))
        for record in records:
            file.write(_line(dataclasses.asdict(record)))


def read_manifest(path: Path) -> tuple[dict[str, Any], list[Record]]:
    """What :func:`write_manifest` wrote.

    Raises:
        UserError: If there is none, it is of another version or format, or it is damaged.
    """
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} cannot be read ({error}): give a data set that was built, or a manifest."
        ) from error
    about = _parsed(path, 1, lines[0] if lines else "")
    if about.pop("format", None) != FORMAT:
        raise UserError(f"{path} is no manifest of faces: its first line does not say so.")
    version = about.pop("version", None)
    if version != VERSION:
        raise UserError(
            f"{path} is of version {version} and this crawler reads version {VERSION}: use the "
            "crawler that wrote it, or `build` the set again."
        )
    records = [_record(path, number, line) for number, line in enumerate(lines[1:], 2)]
    if len(records) != about.get("faces"):
        raise UserError(
            f"{path} promises {about.get('faces')} faces and holds {len(records)}: it is "
            "incomplete, so get it again or run `build`."
        )
    return about, records


def _record(path: Path, number: int, line: str) -> Record:
    fields = _parsed(path, number, line)
    try:
        fields["box"] = tuple(fields["box"])
        record = Record(**fields)
        for name, pattern in _NAMES_FILES.items():
            if not re.fullmatch(pattern, getattr(record, name)):
                raise ValueError(f"{name} is {getattr(record, name)!r}")
        return record
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"line {number} of {path} is not a face ({error}): get the manifest again."
        ) from error


def _parsed(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(
            f"line {number} of {path} is not JSON ({error}): get the manifest again."
        ) from error
    if not isinstance(parsed, dict):
        raise UserError(f"line {number} of {path} is not a JSON object: get the manifest again.")
    return parsed


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"
