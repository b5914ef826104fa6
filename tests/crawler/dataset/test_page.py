from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from PIL import Image

from crawler.dataset.page import page
from crawler.dataset.sheets import MAX_CONTACTS, contact_sheet, random_sheet
from crawler.dataset.statistics import statistics

EVIL = "<script>alert('1')</script>&\"x"


@pytest.fixture
def records(tmp_path, record):
    """Faces whose colour tells their score, and whose texts are hostile."""
    (tmp_path / "faces").mkdir()
    records = []
    for number in range(30):
        face_id = f"{number:016x}-0"
        Image.new("RGB", (8, 8), (8 * number, 0, 0)).save(tmp_path / "faces" / f"{face_id}.png")
        records.append(
            dataclasses.replace(
                record,
                id=face_id,
                score=float(number),
                title=EVIL,
                tags=f"1girl {EVIL}",
                date=f"20{number % 3:02}-01-01",
            )
        )
    return records


def test_no_text_of_a_site_becomes_markup(records):
    numbers = statistics({"quarantine": {EVIL: 2}}, records)
    blank = Image.new("RGB", (4, 4))
    html = page(f"set {EVIL}", numbers, blank, blank)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 4
    assert not re.search(r"(src|href)=\"(?!data:image/)", html)


def test_statistics_by_hand(records):
    numbers = statistics({"quarantine": {"grey": 2}, "crawled": {"cut": 5}}, records)
    assert numbers["faces"] == 30
    assert numbers["pictures"] == numbers["posts"] == numbers["groups"] == 1
    assert numbers["split"] == {"train": 30}
    assert numbers["years"] == {"2000": 10, "2001": 10, "2002": 10}
    assert numbers["score"]["p50"] == 14.5
    assert numbers["most_frequent"]["tags"]["1girl"] == 30
    assert numbers["quarantine"] == {"grey": 2}
    assert statistics({}, [])["score"] == {}


def test_the_contact_sheet_goes_from_sure_to_unsure(records, tmp_path):
    sheet = np.asarray(contact_sheet(tmp_path, records))
    n_columns = (sheet.shape[1] + 2) // 10
    reds = [sheet[4 + 10 * (i // n_columns), 4 + 10 * (i % n_columns), 0] for i in range(30)]
    assert reds == [8 * number for number in reversed(range(30))]


def test_a_large_contact_sheet_keeps_its_ends(records, tmp_path):
    many = [dataclasses.replace(record) for record in records for _ in range(100)]
    sheet = np.asarray(contact_sheet(tmp_path, many))
    n_columns = (sheet.shape[1] + 2) // 10
    assert -(-MAX_CONTACTS // n_columns) == (sheet.shape[0] + 2) // 10
    assert sheet[4, 4, 0] == 8 * 29


def test_the_random_sheet_is_seeded(records, tmp_path):
    one, same, other = (np.asarray(random_sheet(tmp_path, records, seed)) for seed in (0, 0, 1))
    assert one.shape == (48, 48, 3)
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    tiles = one[4::10, 4::10, 0].ravel()
    assert len(set(tiles.tolist())) == 25  # no face twice
