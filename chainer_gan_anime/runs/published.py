"""A run's nets in a form to hand on: half the size, and what tells where they are from."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import chainer
import chainer.links as L
import numpy as np
from chainer.serializers import DictionarySerializer

from chainer_gan_anime.common.standing import MARKER, N_BATCHES
from chainer_gan_anime.runs.checkpoints import find_checkpoints
from chainer_gan_anime.runs.finished import FinishedRun
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.runs.npz import load, save
from chainer_gan_anime.runs.records import (
    LOCK_NAME,
    SCORES_NAME,
    read_scores,
    save_settings,
    write_scores,
)
from chainer_gan_anime.runs.snapshots import AVERAGE_STEM, list_snapshots
from crawler.shared.errors import UserError
from crawler.shared.files import make_folder


def save_small(path: str | os.PathLike, net: chainer.Chain, n_batches: int | None = None) -> None:
    """Write a net as an npz of half the size, for handing on.

    Weights are float16; what batch normalisation holds stays float32, because its running
    variances may be smaller than float16 goes.

    Args:
        path: The file to write or replace.
        net: The net, on the CPU; a generator with the statistics to draw with.
        n_batches: Of a generator, over how many batches those were computed, 0 if they are the
            training's running ones; a file whose name says that it holds an average needs it, or
            they are computed again whenever it is loaded.
    """
    serializer = DictionarySerializer()
    serializer.save(net)
    whole = {name for name, link in net.namedlinks() if isinstance(link, L.BatchNormalization)}
    arrays = {
        key: value
        if f"/{key.rpartition('/')[0]}" in whole or value.dtype != np.float32
        else value.astype(np.float16)
        for key, value in serializer.target.items()
    }
    if n_batches is not None:
        arrays[MARKER] = np.asarray(n_batches)
    save(path, arrays)


def publish_run(run: FinishedRun, out: Path) -> Path:
    """Write a run's last nets, G live and averaged, and its records into a folder.

    The folder is read wherever a run's is: drawn from, judged, shown in the studio, and started
    from.  Of the set it names what captions call it and its digest, and no path.

    Args:
        run: The run.
        out: Gets a folder of the run's name, ``algorithm_set``.

    Returns:
        That folder.

    Raises:
        UserError: The run's newest generator is damaged, the folder cannot be made, or a run is
            trained in it.
    """
    folder = Path(out) / run.file_name
    make_folder(folder)
    _refuse_trained(folder, run)
    names = set()
    for live in (True, False):
        checkpoint = find_checkpoints(run.path, live=live)[0]
        gen, _ = load_generator(checkpoint.path)
        is_average = checkpoint.path.name.startswith(AVERAGE_STEM)
        n_batches = N_BATCHES if is_average else run.settings.standing
        save_small(folder / checkpoint.path.name, gen, n_batches)
        names.add(checkpoint.path.name)
    names |= _save_other_nets(run, folder)
    for old in set(folder.glob("*_iter_*.npz")) - {folder / name for name in names}:
        old.unlink()
    settings = dataclasses.replace(run.settings, dataset=run.set_name)
    facts = {**run.facts, "data": {**run.facts["data"], "source": run.set_name}}
    save_settings(folder, settings, facts)
    lines = [line for line in read_scores(run.path) if line.get("file") in names]
    if lines:
        write_scores(folder, [{**line, "dataset": run.set_name} for line in lines])
    else:
        (folder / SCORES_NAME).unlink(missing_ok=True)
    return folder


def _refuse_trained(folder: Path, run: FinishedRun) -> None:
    """Make sure that a folder is no run's own, whose older nets would make room.

    Raises:
        UserError: It is.
    """
    if folder.samefile(run.path) or (folder / LOCK_NAME).exists() or list_snapshots(folder):
        raise UserError(
            f"{folder} is a run's own folder, in which nothing is published, as its older nets "
            "would be lost: give --out another folder."
        )


def _save_other_nets(run: FinishedRun, folder: Path) -> set[str]:
    """Write what stands beside G at its last iteration; return the files' names.

    Only who starts another training from the folder needs them: a run that lacks them is
    published without.
    """
    names = set()
    for name, net in run.make_other_nets().items():
        path = run.path / f"{name}_iter_{run.checkpoints[-1].iteration}.npz"
        if path.is_file():
            load(path, net)
            save_small(folder / path.name, net)
            names.add(path.name)
    return names
