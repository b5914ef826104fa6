"""Faces from pictures: found by a cascade, cut, judged, and always the same bytes."""

from crawler.faces.cutter import CutFace, CutResult, FaceCutter, cut_faces
from crawler.faces.detector import Detector, Face
from crawler.faces.filters import REASONS
from crawler.faces.pool import FacePool
from crawler.faces.settings import PROFILES, FaceSettings

__all__ = [
    "PROFILES",
    "REASONS",
    "CutFace",
    "CutResult",
    "Detector",
    "Face",
    "FaceCutter",
    "FacePool",
    "FaceSettings",
    "cut_faces",
]
