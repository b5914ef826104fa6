"""The plate: the grids of several runs in one picture, each with its caption."""

from __future__ import annotations

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

INK, QUIET = (34, 34, 34), (110, 110, 110)
MARGIN_PX = 24
TITLE_PX, CAPTION_PX = 20, 13


def make_plate(
    grids: list[np.ndarray], titles: list[str], captions: list[str], n_columns: int = 2
) -> np.ndarray:
    """Lay grids out on white, a title and a caption under each; no pixel is resampled.

    Args:
        grids: uint8 (height, width, 3) each, all of one size.
        titles: A line under each grid, such as the algorithm and the set.
        captions: A smaller line under that; broken where it is wider than the grid.
        n_columns: Grids per row.

    Returns:
        uint8 (height, width, 3).
    """
    height, width = grids[0].shape[:2]
    title_font, caption_font = _font(TITLE_PX, "bold"), _font(CAPTION_PX, "normal")
    wrapped = [_wrap(caption, caption_font, width) for caption in captions]
    line_px = CAPTION_PX + 6
    text_px = TITLE_PX + 16 + line_px * max(map(len, wrapped))
    cell_height, cell_width = height + text_px + MARGIN_PX, width + MARGIN_PX
    n_rows = -(-len(grids) // n_columns)
    size = n_columns * cell_width + MARGIN_PX, n_rows * cell_height + MARGIN_PX
    plate = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(plate)
    for i, (grid, title, lines) in enumerate(zip(grids, titles, wrapped)):
        row, column = divmod(i, n_columns)
        left, top = MARGIN_PX + column * cell_width, MARGIN_PX + row * cell_height
        plate.paste(Image.fromarray(grid), (left, top))
        baseline = top + height + 8
        draw.text((left + 2, baseline), title, INK, title_font)
        for n, line in enumerate(lines):
            draw.text((left + 2, baseline + TITLE_PX + 8 + n * line_px), line, QUIET, caption_font)
    return np.asarray(plate)


def _font(size_px: int, weight: str) -> ImageFont.FreeTypeFont:
    """Return the font that matplotlib brings along, so that plates look alike everywhere."""
    properties = font_manager.FontProperties(family="DejaVu Sans", weight=weight)
    return ImageFont.truetype(font_manager.findfont(properties), size_px)


def _wrap(text: str, font: ImageFont.FreeTypeFont, width_px: int) -> list[str]:
    """Break a text at spaces into lines that are no wider than ``width_px``."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width_px:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
