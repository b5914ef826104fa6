"""Pictures of many faces: a random 5x5 sheet and a contact sheet in the order of the score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from crawler.dataset.records import Record

N_RANDOM = 25
MAX_CONTACTS = 2000
_GAP_PX = 2


def random_sheet(folder: Path, records: Sequence[Record], seed: int) -> Image.Image:
    """The article's sheet: 5x5 faces drawn at random."""
    order = np.random.RandomState(seed).permutation(len(records))[:N_RANDOM]
    return _grid(folder, [records[index] for index in order], n_columns=5)


def contact_sheet(folder: Path, records: Sequence[Record]) -> Image.Image:
    """All faces, or 2,000 at even distances, from the surest to the least sure."""
    ranked = sorted(records, key=lambda record: (-record.score, record.id))
    if len(ranked) > MAX_CONTACTS:
        chosen = np.linspace(0, len(ranked) - 1, MAX_CONTACTS).round().astype(int)
        ranked = [ranked[index] for index in chosen]
    return _grid(folder, ranked, n_columns=max(5, math.ceil(math.sqrt(1.5 * len(ranked)))))


def _grid(folder: Path, records: Sequence[Record], n_columns: int) -> Image.Image:
    tiles = []
    for record in records:
        with Image.open(folder / "faces" / f"{record.id}.png", formats=("PNG",)) as face:
            tiles.append(face.convert("RGB"))
    side = max((tile.width for tile in tiles), default=64)
    n_rows = max(1, math.ceil(len(tiles) / n_columns))
    step = side + _GAP_PX
    sheet = Image.new("RGB", (n_columns * step - _GAP_PX, n_rows * step - _GAP_PX), "white")
    for number, tile in enumerate(tiles):
        row, column = divmod(number, n_columns)
        sheet.paste(tile, (column * step, row * step))
    return sheet
