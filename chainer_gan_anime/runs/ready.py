"""Generators that come with the package, by name: ``load_generator("demo")``."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

FOLDER = "ready_weights"


def list_ready() -> list[str]:
    """Return the names of the generators that come with the package."""
    folder = resources.files(__package__) / FOLDER
    return sorted(Path(str(file)).stem for file in folder.iterdir() if file.name.endswith(".npz"))


def find_ready(path: str | os.PathLike) -> Path:
    """Return the file of a generator of this name; the path itself if it is none or exists."""
    path = Path(path)
    if path.exists() or str(path) not in list_ready():
        return path
    return Path(str(resources.files(__package__) / FOLDER / f"{path}.npz"))
