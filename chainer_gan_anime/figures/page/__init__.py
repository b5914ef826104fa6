"""The HTML page of several runs: one file, which needs no network and no server."""

from __future__ import annotations

import base64
import html
import io
import json
import string
from importlib import resources
from typing import Any

import numpy as np
from PIL import Image

QUALITY = 88  # of WebP: 25 faces in about 50 KB


def embed(picture: np.ndarray) -> str:
    """Return a picture, uint8 (height, width, 3), as a data URI."""
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "WEBP", quality=QUALITY, method=6)
    return "data:image/webp;base64," + base64.b64encode(data.getvalue()).decode()


def render(data: dict[str, Any]) -> str:
    """Return the page's HTML.

    Args:
        data: What ``page.js`` shows; see :mod:`chainer_gan_anime.figures.page.data`.  Texts in
            it may hold anything: they reach the page as JSON and are shown as text alone.
    """
    parts = resources.files(__package__)
    template = string.Template((parts / "page.html").read_text("utf-8"))
    # No character that could end the script element or start a comment survives.
    encoded = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        encoded = encoded.replace(character, f"\\u{ord(character):04x}")
    return template.substitute(
        title=html.escape(data["title"]),
        style=(parts / "page.css").read_text("utf-8"),
        script=(parts / "page.js").read_text("utf-8"),
        data=encoded,
    )
