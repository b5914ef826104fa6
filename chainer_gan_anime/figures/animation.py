"""Animated GIFs, and the timeline of a run from its previews."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from chainer_gan_anime.runs.records import PREVIEW_FOLDER
from crawler.shared.errors import UserError
from crawler.shared.files import replacing


def save_gif(path: str | os.PathLike, frames: Sequence[np.ndarray], frame_ms: int = 80) -> None:
    """Write frames as an endless GIF: whole or not at all.

    Args:
        path: The file to write or replace.
        frames: uint8 (height, width, 3) each.
        frame_ms: Milliseconds per frame; the last is held for a second more.
    """
    # One palette of all frames' colours, so that still parts do not flicker.
    sample = np.concatenate(
        [frame[::2, ::2].reshape(-1, 3) for frame in frames[:: _stride(frames)]]
    )
    palette = Image.fromarray(sample[None]).quantize(256, method=Image.Quantize.MEDIANCUT)
    pictures = [
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in frames
    ]
    durations = [frame_ms] * (len(pictures) - 1) + [frame_ms + 1000]
    with replacing(path) as file:
        pictures[0].save(
            file, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0
        )


def _stride(frames: Sequence) -> int:
    """Return a step that picks about eight frames."""
    return max(1, len(frames) // 8)


def load_timeline(run: Path, n_frames: int = 60) -> list[np.ndarray]:
    """Return a run's previews in order, thinned evenly to at most ``n_frames``.

    Returns:
        uint8 (height, width, 3) each; the first and the last preview are always among them.

    Raises:
        UserError: The run has no previews.
    """
    paths = sorted((Path(run) / PREVIEW_FOLDER).glob("iter_*.png"))
    if not paths:
        raise UserError(f"{run} has no previews in {PREVIEW_FOLDER}/: give the folder of a run.")
    picks = np.unique(
        np.linspace(0, len(paths) - 1, min(n_frames, len(paths))).round().astype(int)
    )
    return [np.asarray(Image.open(paths[i]).convert("RGB")) for i in picks]
