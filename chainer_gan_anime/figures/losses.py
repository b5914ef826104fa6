"""Curves of a run's log."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping

from matplotlib.figure import Figure

from chainer_gan_anime.algorithms.log_keys import LogKey
from crawler.shared.files import replacing

_LABEL_LETTERS = 22  # of a line that fits beside a panel


def plot_losses(path: str | os.PathLike, log: list[dict], keys: Mapping[str, LogKey]) -> None:
    """Draw what a log holds over iterations, a panel a kind of quantity, as PNG.

    Args:
        path: The file to write or replace.
        log: Entries of Chainer's LogReport.
        keys: What the log may hold, by key; what it lacks has no curve.
    """
    panels: dict[str, list[str]] = {}
    for key, (_, panel) in keys.items():
        if any(key in entry for entry in log):
            panels.setdefault(panel, []).append(key)
    figure = Figure(figsize=(8, 0.5 + 2.2 * len(panels)), layout="constrained")
    axes_of = figure.subplots(len(panels), sharex=True, squeeze=False).ravel()
    for axes, (panel, its_keys) in zip(axes_of, panels.items()):
        for key in its_keys:
            points = [(entry["iteration"], entry[key]) for entry in log if key in entry]
            axes.plot(*zip(*points), label=key, linewidth=1)
        axes.set_ylabel(textwrap.fill(panel, _LABEL_LETTERS))
        axes.grid(alpha=0.3)
        axes.legend(loc="upper right")
    axes_of[-1].set_xlabel("iteration (update of G)")
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=80)
