"""Why a face is put into quarantine: each reason is one function's verdict."""

from __future__ import annotations

import cv2
import numpy as np

from crawler.faces.crop import Crop
from crawler.faces.detector import Face
from crawler.faces.settings import FaceSettings

#: The reasons and what each means, for people.
REASONS = {
    "too_small": "the cut is smaller in the original than --min-face-px, so it would be blown up",
    "aspect": "the detected box is far from square, as no face is",
    "border": "too much of the cut lies beyond the picture's edge, where the drawing is cut off",
    "grey": "drawn without colour, among coloured faces",
    "blurred": "hardly any edges: out of focus, blown up, or a plain area",
}


def reject_reason(face: Face, crop: Crop, settings: FaceSettings) -> str | None:
    """The first of :data:`REASONS` that applies to a cut face, or None."""
    if crop.side < settings.min_face_px:
        return "too_small"
    if max(face.box[2:]) > settings.max_aspect * min(face.box[2:]):
        return "aspect"
    if crop.border_share > settings.max_border_share:
        return "border"
    if chroma(crop.face) < settings.min_chroma:
        return "grey"
    if sharpness(crop.face) < settings.min_sharpness:
        return "blurred"
    return None


def chroma(face: np.ndarray) -> float:
    """Mean over the pixels of the largest less the smallest of R, G, B, 0 to 255."""
    return float((face.max(axis=2) - face.min(axis=2)).mean())


def sharpness(face: np.ndarray) -> float:
    """Variance of the Laplacian of the grey face (Pech-Pacheco et al., 2000)."""
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())
