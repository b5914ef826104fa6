"""Curves of a run's log."""

from __future__ import annotations

import io
import os

from matplotlib.figure import Figure

from crawler.files import replacing

PANELS = (
    ("loss", ("loss_gen", "loss_dis", "loss_gp")),
    ("D's mean logit", ("logit_real", "logit_fake")),
    ("D's share of right signs", ("accuracy_real", "accuracy_fake")),
)


def plot_losses(path: str | os.PathLike, log: list[dict]) -> None:
    """Draw losses, logits and accuracies over iterations, as PNG.

    Args:
        path: The file to write or replace.
        log: Entries of Chainer's LogReport.
    """
    figure = Figure(figsize=(8, 9), layout="constrained")
    for axes, (label, keys) in zip(figure.subplots(len(PANELS), sharex=True), PANELS):
        for key in keys:
            points = [(entry["iteration"], entry[key]) for entry in log if key in entry]
            if points:
                axes.plot(*zip(*points), label=key, linewidth=1)
        axes.set_ylabel(label)
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(loc="upper right")
    axes.set_xlabel("iteration (update of G)")
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=80)
    with replacing(path) as file:
        file.write(data.getvalue())
