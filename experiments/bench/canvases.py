"""The same pictures with smaller faces: centred on larger canvases, composed into pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

CANVASES = (1.5, 2.0)  # sides of the canvas in sides of the picture
PAGES = ((2, 600), (3, 500))  # pictures a row and column of a page, side of each [px]
_WHITE = (255, 255, 255)


def variants(name: str, pictures: dict[Path, list], folder: Path) -> Iterator[tuple[str, dict]]:
    """The set itself, on each canvas, and as pages; boxes move with their faces.

    Args:
        name: Of the set.
        pictures: Each picture's path and the boxes (x, y, w, h) of its faces.
        folder: Where the new pictures are written.
    """
    yield name, pictures
    for factor in CANVASES:
        larger = {}
        for number, (path, boxes) in enumerate(pictures.items()):
            with Image.open(path) as image:
                canvas, (x, y) = _canvas(image, factor)
            to = (
                folder / f"{name}-{factor:g}-{number}{'.png' if canvas.mode == 'RGBA' else '.jpg'}"
            )
            canvas.save(to, quality=95)
            larger[to] = [[bx + x, by + y, w, h] for bx, by, w, h in boxes]
        yield f"{name}, canvas x{factor:g}", larger
    shuffled = [
        list(pictures.items())[i] for i in np.random.RandomState(0).permutation(len(pictures))
    ]
    for columns, side in PAGES:
        pages = {}
        for first in range(0, len(shuffled), columns**2):
            page, boxes = _page(shuffled[first : first + columns**2], columns, side)
            to = folder / f"{name}-page{columns}-{first}.jpg"
            page.save(to, quality=95)
            pages[to] = boxes
        yield f"{name}, {columns}x{columns} a page", pages


def _canvas(image: Image.Image, factor: float) -> tuple[Image.Image, tuple[int, int]]:
    is_clear = image.mode == "RGBA"
    image = image.convert("RGBA")
    size = round(image.width * factor), round(image.height * factor)
    at = (size[0] - image.width) // 2, (size[1] - image.height) // 2
    canvas = Image.new("RGBA", size, (0, 0, 0, 0) if is_clear else (*_WHITE, 255))
    canvas.paste(image, at)
    return (canvas if is_clear else canvas.convert("RGB")), at


def _page(items: list[tuple[Path, list]], columns: int, side: int) -> tuple[Image.Image, list]:
    page = Image.new("RGB", (columns * side, columns * side), _WHITE)
    found = []
    for number, (path, boxes) in enumerate(items):
        with Image.open(path) as image:
            image = image.convert("RGBA")
        scale = side / max(image.size)
        small = image.resize(
            [max(1, round(length * scale)) for length in image.size], Image.LANCZOS
        )
        x = number % columns * side + (side - small.width) // 2
        y = number // columns * side + (side - small.height) // 2
        page.paste(small, (x, y), small)
        found += [[x + bx * scale, y + by * scale, w * scale, h * scale] for bx, by, w, h in boxes]
    return page, found
