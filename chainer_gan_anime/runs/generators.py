"""Generators from files: a run, one of its snapshots, or any npz with our parameter names."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.algorithms.acgan.net import read_vocabulary
from chainer_gan_anime.common import net
from chainer_gan_anime.common.random_state import make_stream
from chainer_gan_anime.common.srresnet import count_halvings
from chainer_gan_anime.common.standing import MARKER, N_BATCHES, standing_statistics
from chainer_gan_anime.runs.npz import SafeNpz, load
from chainer_gan_anime.runs.ready import find_ready
from chainer_gan_anime.runs.records import SETTINGS_NAME, load_settings
from chainer_gan_anime.runs.snapshots import AVERAGE_STEM, list_generator_files, whole_files
from crawler.shared.errors import UserError

# Where Chainer's trainer keeps the generators inside a full snapshot.
SNAPSHOT_PREFIX = "updater/model:opt_gen/"
AVERAGE_PREFIX = "extensions/GeneratorAverage/average/"


def load_generator(path: Path) -> tuple[net.Generator, str]:
    """Load a generator, on the CPU.

    Of a run, and of a full snapshot, that keeps an average of the generator the average is
    taken.  An average whose file does not hold statistics of its own (a full snapshot's, or
    what earlier versions wrote) gets them computed.

    Args:
        path: A run's folder (the newest whole file is taken), a full snapshot, or an npz of a
            generator: ours, or upstream's ``DCGANGenerator_<iteration>.npz``; or ``demo``, the
            one that comes with the package.

    Returns:
        The generator, and the name of the file it came from, which says so of an average.

    Raises:
        UserError: There is nothing to load, or it is no generator of ours or upstream's.
    """
    path = find_ready(path)
    if path.is_dir():
        path = _find_newest(path)
    npz = SafeNpz(path)
    try:
        prefix = _choose_prefix(npz)
        gen = _generator_of_shapes(npz, prefix, path)
        in_need = MARKER not in npz
    finally:
        npz.close()
    load(path, gen, prefix)
    is_average = prefix == AVERAGE_PREFIX or path.name.startswith(AVERAGE_STEM)
    n_batches = N_BATCHES if is_average else _asked_batches(path.parent)
    if in_need and n_batches:
        gen = standing_statistics(gen, make_stream(0, "standing"), n_batches)
    return gen, f"{path.name}, the average of the generator" if is_average else path.name


def _find_newest(run: Path) -> Path:
    """Return the run's newest whole file with a generator, an average if it keeps one.

    Raises:
        UserError: There is none.
    """
    files = list_generator_files(run)
    whole = whole_files(files)
    newest = next(whole, None)
    if newest is None:
        raise UserError(f"{run} holds no whole snapshot: train first, or give another run.")
    if not any(path.name.startswith(AVERAGE_STEM) for path in files):
        return newest
    return next((path for path in [newest, *whole] if _holds_average(path)), newest)


def _holds_average(path: Path) -> bool:
    npz = SafeNpz(path)
    try:
        return path.name.startswith(AVERAGE_STEM) or _choose_prefix(npz) == AVERAGE_PREFIX
    finally:
        npz.close()


def _choose_prefix(npz: SafeNpz) -> str:
    """Return where in a file the generator to draw with lies."""
    prefixes = (AVERAGE_PREFIX, SNAPSHOT_PREFIX)
    return next((prefix for prefix in prefixes if prefix + "l0/W" in npz), "")


def _asked_batches(folder: Path) -> int:
    """Return over how many batches the run beside a file wants its live G's statistics."""
    if not (folder / SETTINGS_NAME).is_file():
        return 0
    return load_settings(folder)[0].standing


def _generator_of_shapes(npz: SafeNpz, prefix: str, path: Path) -> net.Generator:
    """Build the net whose parameters have the shapes found in the file."""
    names = [key for key in npz if re.fullmatch(re.escape(prefix) + r"dc\d+/W", key)]
    if prefix + "l0/W" not in npz or not names:
        raise UserError(
            f"{path} holds no generator (l0, dc1, ...): give a generator's npz, a snapshot or "
            "the folder of a run."
        )
    n_units, n_hidden = npz[prefix + "l0/W"].shape
    ch = npz[prefix + "dc1/W"].shape[0]
    last_ksize = npz[f"{prefix}dc{len(names)}/W"].shape[-1]
    bottom_width = int(np.sqrt(n_units // ch))
    if last_ksize == 9:
        n_shuffles = sum(f"{prefix}c_up{i}/W" in npz for i in range(1, 10))
        variant, image_size = "srresnet", 16 << n_shuffles
        ch <<= count_halvings(image_size) - 2  # from the generator's width
    elif last_ksize == 4:
        variant, image_size = "A", 4 << len(names)
    else:
        variant, image_size = "B", 8 * bottom_width
    generators, tagged = registry.GENERATORS, {}
    if prefix + "tags" in npz:
        generators = registry.TAGGED_GENERATORS
        tagged = {"vocabulary": read_vocabulary(npz[prefix + "tags"])}
        n_hidden -= len(tagged["vocabulary"])
    return generators[variant](
        image_size=image_size,
        ch=ch,
        n_hidden=n_hidden,
        z_distribution=_z_distribution(path.parent),
        rng=np.random.RandomState(0),
        **({} if prefix + "bn0/gamma" in npz else {"use_bn": False}),
        **tagged,
    )


def _z_distribution(folder: Path) -> str:
    """Return what the run beside the file drew z from; shapes do not tell."""
    if not (folder / SETTINGS_NAME).is_file():
        return "uniform"
    return load_settings(folder)[0].z_distribution
