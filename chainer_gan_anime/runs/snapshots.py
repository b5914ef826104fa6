"""Snapshots: written whole, found again, and passed over when torn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from chainer.training.extensions import snapshot_writers

from chainer_gan_anime.runs.npz import DamagedFileError, SafeNpz, save

SNAPSHOT_NAME = "snapshot_iter_{.updater.iteration}"
MODEL_NAME = "{}_iter_{{.updater.iteration}}.npz"  # of one net, by what it is
MODEL_FILE = r"(\w+)_iter_(\d+)\.npz"  # such a name: the net, the iteration
AVERAGE_STEM = "gen_average_iter_"
LIVE_STEM = "gen_iter_"
_PATTERN = re.compile(r"snapshot_iter_(\d+)$")
# Of one iteration in this order: the average, everything, the live G.
_GENERATOR_PATTERN = re.compile(r"(gen_average|snapshot|gen)_iter_(\d+)(\.npz)?$")
_ORDER = ("gen_average", "snapshot", "gen")


class WholeFileWriter(snapshot_writers.Writer):
    """Writer for Chainer's snapshot extensions: beside, synced, renamed, without pickles."""

    def __call__(self, filename: str, outdir: str, target: dict) -> None:
        """Write the serialised ``target`` to ``filename`` in the folder ``outdir``."""
        save(Path(outdir) / filename, target)
        self._post_save()


def list_snapshots(out: Path) -> list[Path]:
    """Return the full snapshots of a run, the newest first."""
    found = [(int(m[1]), path) for path in Path(out).glob("*") if (m := _PATTERN.match(path.name))]
    return [path for _, path in sorted(found, reverse=True)]


def list_generator_files(run: Path) -> list[Path]:
    """Return the files of a run that hold a generator, the newest first, averages before."""
    found = [(_GENERATOR_PATTERN.match(path.name), path) for path in Path(run).glob("*_iter_*")]
    keyed = [(int(m[2]), -_ORDER.index(m[1]), path) for m, path in found if m]
    return [path for *_, path in sorted(keyed, reverse=True)]


def whole_files(paths: Iterable[Path], report: Callable[[str], None] = print) -> Iterator[Path]:
    """Yield those of some npz files that are whole, in their order.

    Args:
        paths: The files; each is looked at when it is asked for.
        report: Called with a sentence for each torn file that is passed over.
    """
    for path in paths:
        try:
            npz = SafeNpz(path)
            npz.check_whole()
            npz.close()
        except DamagedFileError as error:
            report(f"Passing over {path.name}: {error}")
        else:
            yield path


def find_whole_snapshot(out: Path, report: Callable[[str], None] = print) -> Path | None:
    """Return the newest snapshot of a run that is whole, or None.

    Args:
        out: The run's folder.
        report: Called with a sentence for each torn snapshot that is passed over.
    """
    return next(whole_files(list_snapshots(out), report), None)
