"""Generators that come with the package, by name: ``load_generator("demo")``."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

import chainer
import chainer.links as L
import numpy as np
from chainer.serializers import DictionarySerializer

from chainer_gan_anime.runs.npz import save

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


def save_small(path: str | os.PathLike, gen: chainer.Chain) -> None:
    """Write a generator as an npz of half the size, for shipping.

    Weights are float16; what batch normalisation holds stays float32, because its running
    variances may be smaller than float16 goes.

    Args:
        path: The file to write or replace; its name should not begin as an average's does.
        gen: The generator, on the CPU, with the statistics to draw with.
    """
    serializer = DictionarySerializer()
    serializer.save(gen)
    whole = {name for name, link in gen.namedlinks() if isinstance(link, L.BatchNormalization)}
    save(
        path,
        {
            key: value
            if f"/{key.rpartition('/')[0]}" in whole or value.dtype != np.float32
            else value.astype(np.float16)
            for key, value in serializer.target.items()
        },
    )
