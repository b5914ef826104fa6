"""The generator of a run or of a file as ONNX, with what is known of it written inside."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from chainer_gan_anime.export.onnx_file import write_onnx
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.runs.records import SETTINGS_NAME
from crawler.shared.errors import UserError


def export_onnx(model: Path, path: Path, pixels: bool = False) -> str:
    """Write a generator as an ONNX file.

    Args:
        model: What :func:`~chainer_gan_anime.runs.generators.load_generator` takes.
        path: The file to write or replace; its folder must exist.
        pixels: Let it give uint8 instead of [-1, 1].

    Returns:
        The name of the file that the generator came from.

    Raises:
        UserError: There is no generator, no folder to write to, or no package ``onnx``.
    """
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UserError(f"{path} cannot be written: give a file in a folder that exists.")
    gen, name = load_generator(model)
    write_onnx(path, gen, describe(Path(model), name), pixels)
    return name


def describe(model: Path, name: str) -> dict[str, str]:
    """Return what is known of a generator: run, file, iteration and digest of its settings."""
    folder = (model if model.is_dir() else model.parent).absolute()
    said = {"file": name}
    if match := re.search(r"_iter_(\d+)", name):
        said["iteration"] = match[1]
    settings = folder / SETTINGS_NAME
    if settings.is_file():
        said["run"] = folder.name
        said["settings_sha256"] = hashlib.sha256(settings.read_bytes()).hexdigest()
    return said
