"""Weights of a trained run, for another run to start from: fine-tuning."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import chainer

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.algorithms.levers import FEATURE_DIS
from chainer_gan_anime.common.narrowing import narrow_to_steady
from chainer_gan_anime.common.random_state import make_stream
from chainer_gan_anime.common.steadiness import check_share
from chainer_gan_anime.common.tags import Vocabulary
from chainer_gan_anime.common.widening import widen
from chainer_gan_anime.runs.npz import load
from chainer_gan_anime.runs.records import load_settings
from chainer_gan_anime.runs.snapshots import MODEL_FILE, whole_files
from chainer_gan_anime.settings import Settings
from crawler.shared.errors import UserError

# What two runs must have in common for the weights of one to say something in the other.
# Of ch, what is asked for may be a multiple: the nets are widened.
NET_SETTINGS = ("algorithm", "variant", "image_size", "ch", "n_hidden", "z_distribution")


def load_starting_weights(
    folder: Path,
    models: Mapping[str, chainer.Chain],
    settings: Settings,
    vocabulary: Vocabulary | None = None,
) -> dict[str, Any]:
    """Load all nets of a run, as they were at the newest iteration that all of them have.

    Adam's moments are not among them: those begin anew, as does the discriminator on features
    where the run had none or one on another network.  Nets with a multiple of the run's channels
    begin as what :func:`chainer_gan_anime.common.widening.widen` makes of its.

    Args:
        folder: A run's folder, or one that ``anime-gan publish`` wrote.
        models: The nets to load into, by the names of their files (gen, dis, ...), on the CPU;
            weights that a file has as float16 become float32.
        settings: Of the run that is to start.
        vocabulary: Its tags, of an algorithm that knows tags.

    Returns:
        What settings.json keeps of it: the folder's name, the iteration, a digest of the files,
        its channels if they were widened, which nets begin anew, if any, and the share of the
        latents that G was narrowed to.

    Raises:
        UserError: The folder is no run, its nets are others, or one of them is missing.
    """
    if settings.start_steady:
        check_share(settings.start_steady)
    folder = Path(folder)
    its_settings, its_facts = load_settings(folder)
    _check_nets(folder, its_settings, its_facts, settings, vocabulary)
    found: dict[str, dict[int, Path]] = {name: {} for name in models}
    for path in folder.glob("*_iter_*.npz"):
        match = re.fullmatch(MODEL_FILE, path.name)
        if match and match[1] in found:
            found[match[1]][int(match[2])] = path
    # Heads know the maps of one network, and a run may have none.
    same = its_settings.feature_dis == settings.feature_dis
    if FEATURE_DIS in found and not (same and found[FEATURE_DIS]):
        del found[FEATURE_DIS]
    iterations = sorted(set.intersection(*map(set, found.values())), reverse=True)
    for iteration in iterations:
        paths = {name: files[iteration] for name, files in found.items()}
        if len(list(whole_files(paths.values()))) < len(paths):
            continue
        digest = hashlib.sha256()
        nets = _make_narrow(models, its_settings, settings, vocabulary)
        for name, path in paths.items():
            load(path, nets.get(name, models[name]))
            digest.update(path.read_bytes())
        stream = make_stream(settings.seed, "widening")
        for name, narrow in nets.items():
            widen(narrow, models[name], stream)
        start = {"run": folder.name, "iteration": iteration, "sha256": digest.hexdigest()}
        if nets:
            start["widened_from_ch"] = its_settings.ch
        if anew := [name for name in models if name not in paths]:
            start["anew"] = anew
        if settings.start_steady:
            narrow_to_steady(models["gen"], settings.start_steady, settings.seed)
            start["steady"] = settings.start_steady
        return start
    names = ", ".join(f"{name}_iter_N.npz" for name in found)
    raise UserError(
        f"--start-from {folder} holds no iteration of which {names} are all there and whole: give "
        "a run's folder as training or anime-gan publish left it."
    )


def _make_narrow(
    models: Mapping[str, chainer.Chain],
    before: Settings,
    now: Settings,
    vocabulary: Vocabulary | None,
) -> dict[str, chainer.Chain]:
    """Return the nets of the narrower run that are to be widened: none if it is as wide."""
    if before.ch == now.ch:
        return {}
    # The discriminator on features has no such width.
    narrow = dataclasses.replace(now, ch=before.ch, feature_dis="none")
    return {
        "gen": registry.make_generator(narrow, vocabulary),
        "dis": registry.make_discriminator(narrow, vocabulary),
        **registry.make_extra_models(narrow),
    }


def _check_nets(
    folder: Path,
    before: Settings,
    its_facts: Mapping[str, Any],
    now: Settings,
    vocabulary: Vocabulary | None,
) -> None:
    differences = [
        f"{name.replace('_', ' ')} {getattr(before, name)}, not {getattr(now, name)}"
        for name in NET_SETTINGS
        if getattr(before, name) != getattr(now, name)
        and not (name == "ch" and now.ch % before.ch == 0)
    ]
    tags = None if vocabulary is None else vocabulary.to_dict()
    if not differences and its_facts.get("data", {}).get("tags") != tags:
        differences.append("other tags")
    if differences:
        raise UserError(
            f"--start-from {folder} was trained with other nets ({'; '.join(differences)}): give "
            "the same settings of the nets, of --ch that or a multiple, or leave it out."
        )
