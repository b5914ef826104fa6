"""index.html: a set at a glance, in one file that needs nothing else."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from crawler.dataset.pages import render


def page(name: str, numbers: Mapping[str, Any], sheet: Image.Image, contacts: Image.Image) -> str:
    """The page; every text in it comes from a site or a user and is escaped.

    Args:
        name: The data set's.
        numbers: What :func:`crawler.dataset.statistics.statistics` returned.
        sheet: The random faces.
        contacts: The contact sheet.
    """
    simple = {key: value for key, value in numbers.items() if not isinstance(value, Mapping)}
    tables = [_table("counts", simple)]
    for title, values in numbers.items():
        if not isinstance(values, Mapping):
            continue
        nested = {key: value for key, value in values.items() if isinstance(value, Mapping)}
        flat = {key: value for key, value in values.items() if key not in nested}
        tables += [_table(title, flat)] if flat else []
        tables += [_table(f"{title}: {key}", value) for key, value in nested.items() if value]
    return render(
        "index.html",
        name=name,
        n_faces=f"{numbers['faces']:,}",
        tables=tables,
        sheet=_embedded(sheet, "PNG"),
        contacts=_embedded(contacts, "JPEG"),
    )


def _table(title: str, values: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return title.replace("_", " "), [(str(key), _number(value)) for key, value in values.items()]


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def _embedded(image: Image.Image, kind: str) -> str:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=85)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/{kind.lower()};base64,{encoded}"
