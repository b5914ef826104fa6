"""Everything that follows from the manifest and the faces: written after both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from crawler.dataset.manifest import FILE_NAME, write_manifest
from crawler.dataset.page import page
from crawler.dataset.records import Record
from crawler.dataset.sheets import contact_sheet, random_sheet
from crawler.dataset.statistics import statistics
from crawler.shared.files import replacing

SPLIT_FILE = "split.json"


def write_outputs(folder: Path, about: dict[str, Any], records: Sequence[Record]) -> None:
    """Write the manifest, the split, both sheets, the statistics and the page.

    Args:
        folder: The data set's; ``faces/`` is complete.
        about: The manifest's first line.
        records: The faces, in the order of their ids.
    """
    seed = about["settings"]["build"]["seed"]
    write_manifest(folder / FILE_NAME, about, records)
    _write_json(folder / SPLIT_FILE, split_of(about, records))
    sheet, contacts = random_sheet(folder, records, seed), contact_sheet(folder, records)
    _write_picture(folder / "sheet.png", sheet)
    _write_picture(folder / "contact.png", contacts)
    numbers = statistics(about, records)
    _write_json(folder / "statistics.json", numbers)
    with replacing(folder / "index.html", "w") as file:
        file.write(page(about["name"], numbers, sheet, contacts))


def split_of(about: dict[str, Any], records: Sequence[Record]) -> dict[str, Any]:
    """The split as :data:`SPLIT_FILE` holds it."""
    sides = {side: [r.id for r in records if r.split == side] for side in ("train", "test")}
    build = about["settings"]["build"]
    return {"version": 1, "seed": build["seed"], "test_share": build["test_share"], **sides}


def _write_json(path: Path, content: Any) -> None:
    with replacing(path, "w") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.write("\n")


def _write_picture(path: Path, image: Image.Image) -> None:
    with replacing(path) as file:
        image.save(file, "PNG")
