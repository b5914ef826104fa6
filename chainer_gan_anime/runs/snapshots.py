"""Snapshots: written whole, found again, and passed over when torn."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from chainer.training.extensions import snapshot_writers

from chainer_gan_anime.runs.npz import DamagedFileError, SafeNpz, save

SNAPSHOT_NAME = "snapshot_iter_{.updater.iteration}"
_PATTERN = re.compile(r"snapshot_iter_(\d+)$")


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


def find_whole_snapshot(out: Path, report: Callable[[str], None] = print) -> Path | None:
    """Return the newest snapshot of a run that is whole, or None.

    Args:
        out: The run's folder.
        report: Called with a sentence for each torn snapshot that is passed over.
    """
    for path in list_snapshots(out):
        try:
            npz = SafeNpz(path)
            npz.check_whole()
            npz.close()
        except DamagedFileError as error:
            report(f"Passing over {path.name}: {error}")
        else:
            return path
    return None
