"""index.html: a set at a glance, in one file that needs nothing else."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from html import escape
from typing import Any

from PIL import Image

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
  color: #222; background: #fff }
h1 { font-size: 1.6rem } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem }
.tables { display: flex; flex-wrap: wrap; gap: 0 2.5rem }
table { border-collapse: collapse } td { padding: .1rem .6rem .1rem 0; vertical-align: top }
td.n { text-align: right; font-variant-numeric: tabular-nums }
td.name { max-width: 22rem; overflow-wrap: anywhere }
img { max-width: 100% } img.sheet { image-rendering: pixelated; width: 24rem }
"""


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
    return f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(name)}</title>
<style>{_STYLE}</style>
<h1>{escape(name)}: {numbers["faces"]:,} faces</h1>
<img class="sheet" alt="random faces" src="{_embedded(sheet, "PNG")}">
<div class="tables">
{"".join(tables)}</div>
<h2>From the surest to the least sure</h2>
<img alt="contact sheet" src="{_embedded(contacts, "JPEG")}">
</html>
"""


def _table(title: str, values: Mapping[str, Any]) -> str:
    rows = "".join(
        f'<tr><td class="name">{escape(str(key))}</td><td class="n">{escape(_number(value))}</td>'
        "</tr>\n"
        for key, value in values.items()
    )
    return (
        f"<section><h2>{escape(title.replace('_', ' '))}</h2><table>\n{rows}</table></section>\n"
    )


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def _embedded(image: Image.Image, kind: str) -> str:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=85)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/{kind.lower()};base64,{encoded}"
