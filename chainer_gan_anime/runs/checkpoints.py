"""Finds the generators of a run and what they were trained on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import chainer
import numpy as np
from tqdm import tqdm

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.random_state import make_stream
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.runs.snapshots import (
    AVERAGE_STEM,
    LIVE_STEM,
    list_snapshots,
    whole_files,
)
from crawler.shared.errors import UserError

_BATCH = 500


class Checkpoint(NamedTuple):
    """A generator of a run.

    Attributes:
        path: Its file.
        iteration: Updates of G until then; None if the file's name does not tell.
    """

    path: Path
    iteration: int | None


def _checkpoint(path: Path) -> Checkpoint:
    match = re.search(r"_iter_(\d+)(\.npz)?$", path.name)
    return Checkpoint(path, int(match[1]) if match else None)


def list_checkpoints(run: Path, live: bool = False) -> list[Checkpoint]:
    """Return the run's generator files, the oldest first.

    Args:
        run: The run's folder.
        live: The generators that training left, even if the run keeps averages of them.
    """
    averages = [] if live else list(run.glob(f"{AVERAGE_STEM}*.npz"))
    paths = averages or list(run.glob(f"{LIVE_STEM}*.npz"))
    found = [_checkpoint(path) for path in paths]
    return sorted((c for c in found if c.iteration is not None), key=lambda c: c.iteration)


def find_checkpoints(
    run: Path, snapshot: str | None = None, live: bool = False
) -> list[Checkpoint]:
    """Return the generators that ``--snapshot`` means.

    Args:
        run: The run's folder.
        snapshot: None for the newest, ``'all'``, an iteration, or the path of a file.
        live: As :func:`list_checkpoints`.

    Raises:
        UserError: There is none.
    """
    if snapshot is not None and Path(snapshot).is_file():
        return [_checkpoint(Path(snapshot))]
    if not run.is_dir():
        raise UserError(f"{run} is no folder; give the folder of a run, such as results/NAME.")
    found = list_checkpoints(run, live)
    if snapshot is None and not found:
        found = [_checkpoint(path) for path in reversed(list_snapshots(run))]
    if not found:
        raise UserError(
            f"{run} holds no snapshots (gen_iter_*.npz); train it first, or give another run."
        )
    if snapshot is None:
        return [_newest_whole(found, run)]
    if snapshot == "all":
        return found
    chosen = [c for c in found if str(c.iteration) == snapshot]
    if not chosen:
        known = ", ".join(str(c.iteration) for c in found)
        raise UserError(
            f"{run} has no generator of iteration {snapshot}; it has those of {known}."
        )
    return chosen


def _newest_whole(found: list[Checkpoint], run: Path) -> Checkpoint:
    whole = next(whole_files(checkpoint.path for checkpoint in reversed(found)), None)
    if whole is None:
        raise UserError(f"{run} holds no whole generator: train it further, or give another run.")
    return _checkpoint(whole)


def draw_images(gen: Generator, n: int, seed: int) -> np.ndarray:
    """Draw ``n`` images from a stream of their own, the same ones for the same seed.

    Returns:
        (n, 3, H, W) uint8.
    """
    z = gen.make_hidden(n, make_stream(seed, "evaluation"))
    starts = tqdm(range(0, n, _BATCH), desc="drawing", leave=False, disable=None)
    return np.concatenate([generate(gen, z[i : i + _BATCH]) for i in starts])


def draw_from(checkpoint: Checkpoint, n: int, seed: int, device: chainer.backend.Device):
    """Load a generator and draw ``n`` images, (n, 3, H, W) uint8."""
    gen, _ = load_generator(checkpoint.path)
    gen.to_device(device)
    return draw_images(gen, n, seed)
