"""Generators from files: a run, one of its snapshots, or any npz with our parameter names."""

from __future__ import annotations

import re
from pathlib import Path

import chainer
import numpy as np

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common import net
from chainer_gan_anime.common.spectral_norm import settle
from chainer_gan_anime.runs.npz import SafeDeserializer, SafeNpz, load
from chainer_gan_anime.runs.ready import find_ready
from chainer_gan_anime.runs.records import SETTINGS_NAME, load_settings
from chainer_gan_anime.runs.snapshots import find_whole_snapshot
from crawler.shared.errors import UserError

# Where Chainer's trainer keeps the generator inside a full snapshot.
SNAPSHOT_PREFIX = "updater/model:opt_gen/"


def load_generator(path: Path) -> tuple[net.Generator, str]:
    """Load a generator, on the CPU.

    Args:
        path: A run's folder (its newest whole snapshot is taken), a full snapshot, or an npz
            of a generator: ours, or upstream's ``DCGANGenerator_<iteration>.npz``; or
            ``demo``, the one that comes with the package.

    Returns:
        The generator and the name of the file it came from.

    Raises:
        UserError: There is nothing to load, or it is no generator of ours or upstream's.
    """
    path = find_ready(path)
    if path.is_dir():
        snapshot = find_whole_snapshot(path)
        if snapshot is None:
            raise UserError(f"{path} holds no whole snapshot: train first, or give another run.")
        path = snapshot
    npz = SafeNpz(path)
    prefix = SNAPSHOT_PREFIX if SNAPSHOT_PREFIX + "l0/W" in npz else ""
    try:
        gen = _generator_of_shapes(npz, prefix, path)
    finally:
        npz.close()
    load(path, gen, prefix)
    return gen, path.name


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
    if last_ksize == 4:
        variant, image_size = "A", 4 << len(names)
    else:
        variant, image_size = "B", 8 * bottom_width
    return registry.GENERATORS[variant](
        image_size=image_size,
        ch=ch,
        n_hidden=n_hidden,
        z_distribution=_z_distribution(path.parent),
        rng=np.random.RandomState(0),
    )


def _z_distribution(folder: Path) -> str:
    """Return what the run beside the file drew z from; shapes do not tell."""
    if not (folder / SETTINGS_NAME).is_file():
        return "uniform"
    return load_settings(folder)[0].z_distribution


def load_discriminator(path: Path, dis: net.Discriminator) -> None:
    """Load a discriminator's npz, ours or upstream's, into a net of its shape.

    Upstream's files lack the vectors of spectral normalisation; they are then settled by power
    iteration, without which the logits would be off.

    Args:
        path: The npz.
        dis: The net, built with the settings that the file was trained with.

    Raises:
        UserError: The file is damaged or belongs to another net.
    """
    npz = SafeNpz(path)
    vectors = [name for name, _ in _vectors(dis)]
    missing = [name for name in vectors if name not in npz]
    npz.close()
    if missing and len(missing) == len(vectors):
        _load_without(path, dis, set(missing))
        settle(dis)
    else:
        load(path, dis)


def _vectors(dis: chainer.Chain) -> list[tuple[str, np.ndarray]]:
    return [
        (f"{name.lstrip('/')}/W_u", link.W_u)
        for name, link in dis.namedlinks()
        if hasattr(link, "W_u")
    ]


def _load_without(path: Path, dis: net.Discriminator, ignored: set[str]) -> None:
    npz = SafeNpz(path)
    try:
        SafeDeserializer(npz, ignore_names=[lambda key: key in ignored]).load(dis)
    finally:
        npz.close()
