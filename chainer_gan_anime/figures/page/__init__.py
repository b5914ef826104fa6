"""The HTML page of several runs: one file, which needs no network and no server."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from chainer_gan_anime.figures.html_file import fill

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
    return fill(__package__, "page", data["title"], data)
