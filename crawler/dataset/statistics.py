"""What a set is made of, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from crawler.dataset.records import Record

_MOST = 30  # of tags, titles, ...
_PERCENTILES = (0, 5, 25, 50, 75, 95, 100)


def statistics(about: dict[str, Any], records: Sequence[Record]) -> dict[str, Any]:
    """Counts and distributions, ready for JSON.

    Args:
        about: The manifest's first line; its counts are taken over.
        records: The faces.
    """
    return {
        "faces": len(records),
        "pictures": len({record.image_sha256 for record in records}),
        "posts": len({(record.source, record.post_id) for record in records}),
        "groups": len({record.group for record in records}),
        "split": _counts(record.split for record in records),
        "tilt_degrees": _counts(f"{record.tilt:g}" for record in records),
        "ratings": _counts(record.rating for record in records),
        "years": dict(sorted(_counts((record.date or "")[:4] for record in records).items())),
        "score": _percentiles([record.score for record in records]),
        "box_side_px": _percentiles([max(record.box[2:]) for record in records]),
        "picture_megabytes": round(_unique_bytes(records) / 1e6, 1),
        "most_frequent": {
            "tags": _counts(tag for record in records for tag in (record.tags or "").split()),
            "titles": _counts(record.title for record in records),
            "characters": _counts(record.character for record in records),
            "artists": _counts(record.artist for record in records),
        },
        "crawled": about.get("crawled", {}),
        "quarantine": about.get("quarantine", {}),
    }


def _counts(values: Iterable[str | None]) -> dict[str, int]:
    """The most frequent values and how often they occur; ties in the order of the alphabet."""
    counter = Counter(value for value in values if value)
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0]))[:_MOST])


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    found = np.percentile(values, _PERCENTILES)
    return {f"p{percent}": round(float(value), 3) for percent, value in zip(_PERCENTILES, found)}


def _unique_bytes(records: Sequence[Record]) -> int:
    return sum({record.image_sha256: record.image_bytes or 0 for record in records}.values())
