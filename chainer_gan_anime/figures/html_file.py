"""HTML files that hold all they need: style, scripts, and data as JSON."""

from __future__ import annotations

import html
import json
import string
from importlib import resources
from typing import Any

THEME = "theme.css"  # colours and buttons of all pages, light and dark
ELEMENTS = "elements.js"  # how all pages make their elements


def encode(data: Any) -> str:
    """Return data as JSON in which no text can end its element or start a comment."""
    encoded = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        encoded = encoded.replace(character, f"\\u{ord(character):04x}")
    return encoded


def fill(package: str, name: str, title: str, data: Any, scripts: tuple[str, ...] = ()) -> str:
    """Return the HTML of a page whose parts lie in a package.

    Args:
        package: Where ``NAME.html``, ``NAME.css`` and ``NAME.js`` lie.
        name: Of the page.
        title: Shown as text, whatever it holds.
        data: What the page shows; texts in it may hold anything.
        scripts: Names of further scripts, which the template has as ``$NAME``.
    """
    shared, parts = resources.files(__package__), resources.files(package)
    template = string.Template((parts / f"{name}.html").read_text("utf-8"))
    return template.substitute(
        {one: (parts / f"{one}.js").read_text("utf-8") for one in scripts},
        title=html.escape(title),
        elements=(shared / ELEMENTS).read_text("utf-8"),
        style=(shared / THEME).read_text("utf-8") + (parts / f"{name}.css").read_text("utf-8"),
        script=(parts / f"{name}.js").read_text("utf-8"),
        data=encode(data),
    )
