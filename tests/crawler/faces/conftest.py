"""Pictures that the face cutter is tried on; all are drawn."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from crawler.faces import FaceCutter, FaceSettings
from tests.drawn_standing import draw_standing_picture


def encoded(rgb: np.ndarray, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.fixture
def encode():
    """Encodes an array as a picture file's bytes."""
    return encoded


@pytest.fixture(scope="session")
def standing():
    """Standing pictures on a transparent ground, each with its face's box."""
    rng = np.random.RandomState(0)
    return [draw_standing_picture(rng, 500) for _ in range(8)]


@pytest.fixture(scope="session")
def cutter():
    """Cuts with the default settings."""
    return FaceCutter(FaceSettings())
