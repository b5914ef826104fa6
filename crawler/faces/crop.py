"""Cutting a face: a square about the box, filled where it leaves the picture, then shrunk."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from crawler.faces.settings import Profile

_WHITE = 245  # a channel from which on a pixel counts as white ground


@dataclass(frozen=True)
class Crop:
    """A square cut from a picture."""

    face: np.ndarray  # uint8 (size, size, 3), RGB
    side: float  # of the square in the picture [px]
    border_share: float  # of the square, beyond edges at which the drawing is cut off


def cut_square(
    rgb: np.ndarray, box: tuple[int, int, int, int], profile: Profile, size: int
) -> Crop:
    """Cut the square that ``profile`` lays about ``box``.

    Where it leaves the picture it goes on in white if the picture stands on white, else
    mirrored.  White beyond an edge that was white already is no loss; everything else beyond
    the border counts into ``border_share``.

    Args:
        rgb: The whole picture, uint8 (H, W, 3).
        box: x, y, w, h of the face [px]; the longer side counts.
        profile: How the square lies.
        size: Side of the finished face [px].
    """
    height, width = rgb.shape[:2]
    x, y, w, h = box
    side = max(w, h) * profile.margin
    left = x + w / 2 - side / 2
    top = y + h / 2 - profile.shift_up * max(w, h) - side / 2

    # The whole pixels that the square touches, and how many of them each edge lacks.
    x0, y0 = int(np.floor(left)), int(np.floor(top))
    x1, y1 = int(np.ceil(left + side)), int(np.ceil(top + side))
    lacks = {"top": -y0, "bottom": y1 - height, "left": -x0, "right": x1 - width}
    lacks = {edge: max(0, n_px) for edge, n_px in lacks.items()}
    inside = rgb[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)]
    if not inside.size:
        raise ValueError(f"the box {box} lies outside of a picture of {width}x{height} pixels")

    lost = {edge: n_px for edge, n_px in lacks.items() if n_px and not _is_white(inside, edge)}
    if any(lacks.values()):
        inside = _extend(inside, lacks, on_white=stands_on_white(rgb))
    image = Image.fromarray(np.ascontiguousarray(inside))
    within = (left - x0, top - y0, left - x0 + side, top - y0 + side)
    face = image.resize((size, size), Image.Resampling.LANCZOS, box=within)
    share = 1 - (1 - _lost_along(lost, "top", "bottom", side)) * (
        1 - _lost_along(lost, "left", "right", side)
    )
    return Crop(np.asarray(face), side, share)


def stands_on_white(rgb: np.ndarray) -> bool:
    """Whether most of a picture's border is white, as of a standing picture."""
    border = np.concatenate([rgb[0], rgb[-1], rgb[:, 0], rgb[:, -1]])
    return (border.min(axis=1) >= _WHITE).mean() > 0.5


def _is_white(inside: np.ndarray, edge: str) -> bool:
    line = {"top": inside[0], "bottom": inside[-1], "left": inside[:, 0], "right": inside[:, -1]}
    return (line[edge].min(axis=1) >= _WHITE).mean() > 0.95


def _extend(inside: np.ndarray, lacks: dict[str, int], *, on_white: bool) -> np.ndarray:
    border = [lacks[edge] for edge in ("top", "bottom", "left", "right")]
    if on_white:
        return cv2.copyMakeBorder(
            inside, *border, borderType=cv2.BORDER_CONSTANT, value=(255, 255, 255)
        )
    return cv2.copyMakeBorder(inside, *border, borderType=cv2.BORDER_REFLECT)


def _lost_along(lost: dict[str, int], one: str, other: str, side: float) -> float:
    return min(1.0, (lost.get(one, 0) + lost.get(other, 0)) / side)
