"""A run's folder: what may lie there before the run begins, and what keeps it from writing."""

from __future__ import annotations

import errno
import re

from chainer_gan_anime.runs.records import LOCK_NAME, load_settings
from chainer_gan_anime.runs.snapshots import MODEL_FILE, find_whole_snapshot, list_snapshots
from chainer_gan_anime.training.facts import Run, compare
from crawler.shared.errors import UserError


def refuse_snapshots(run: Run) -> None:
    """Make sure that no earlier run's snapshots lie in a run's folder.

    Raises:
        UserError: They do.
    """
    if snapshots := list_snapshots(run.out):
        raise UserError(
            f"{run.out} already holds a run ({snapshots[0].name}): add --resume to go on "
            "with it, or give another --out."
        )


def refuse_nets(run: Run) -> None:
    """Make sure that a run which begins in its folder meets no nets but its own.

    Nets are written before the first snapshot.  Those that the same run left, killed between the
    two, are written again; others, such as published ones, would be mixed with the new run's.

    Raises:
        UserError: There are nets of several iterations, or in a folder in which nobody trained,
            or of other settings or images.
    """
    found = (re.fullmatch(MODEL_FILE, path.name) for path in run.out.glob("*_iter_*.npz"))
    nets = {match[0]: match[2] for match in found if match}
    if not nets:
        return
    if len(set(nets.values())) > 1 or not (run.out / LOCK_NAME).exists():
        raise UserError(
            f"{run.out} holds nets (such as {max(nets)}) and no whole snapshot to go on from: "
            f"give another --out, and --start-from {run.out} to begin from these nets."
        )
    compare(run, *load_settings(run.out))


def write_error(run: Run, error: OSError) -> UserError:
    """Return what to tell the user of a run that could not write a file."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return UserError(
        f"could not write {error.filename or run.out} ({error.strerror or error}); the last good "
        f"snapshot is {find_whole_snapshot(run.out, run.report) or 'none'}: "
        f"{'make room' if full else 'mend that'}, then go on with --resume."
    )
