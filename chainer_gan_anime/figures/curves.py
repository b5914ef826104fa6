"""Curves of several runs on common axes: the game, and the scores over epochs."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from chainer_gan_anime.algorithms.registry import list_log_keys
from chainer_gan_anime.runs.finished import FinishedRun
from crawler.shared.files import replacing

COLOURS = ("#2f6db3", "#d1713b", "#3a8f6b", "#8a5aa8", "#7a7a7a", "#b8952a")
LINES = ("-", "--", ":", "-.")  # of the first six runs, of the next six, and so on


def style(i: int) -> tuple[str, str]:
    """Return colour and line of the i-th run's curves."""
    return COLOURS[i % len(COLOURS)], LINES[i // len(COLOURS) % len(LINES)]


def game(runs: Sequence[FinishedRun]) -> dict[str, str]:
    """Return what the runs' logs hold, by key, in a reader's words."""
    keys: dict[str, str] = {}
    for run in runs:
        for key, (label, _) in list_log_keys(run.settings.algorithm).items():
            if series(run, key):
                keys[key] = label
    return keys


def series(run: FinishedRun, key: str, max_points: int = 200) -> list[tuple[float, float]]:
    """Return (epoch, value) of a key of the log, averaged into at most ``max_points`` bins."""
    points = [(run.epoch(e["iteration"]), e[key]) for e in run.log if e.get(key) is not None]
    if len(points) <= max_points:
        return points
    bins = np.array_split(np.asarray(points), max_points)
    return [tuple(part.mean(axis=0).tolist()) for part in bins]


def own_scores(run: FinishedRun) -> list[dict]:
    """Return the lines of a run's scores by the set that it was trained on.

    A run can be judged by any set, under the same names; lines that tell no set are its own.
    """
    sha256 = run.facts["data"]["sha256"]
    return [line for line in run.scores if line.get("dataset_sha256", sha256) == sha256]


def score_series(run: FinishedRun, score: str) -> list[tuple[float, float, float]]:
    """Return (epoch, mean, half of the range) over evaluation seeds of a score, by its name."""
    values: dict[int, dict[int, float]] = {}
    for line in own_scores(run):
        if line["score"] == score and line.get("iteration") is not None:
            values.setdefault(line["iteration"], {})[line["seed"]] = line["value"]
    return [
        (
            run.epoch(iteration),
            float(np.mean(list(seeds.values()))),
            float(np.ptp(list(seeds.values())) / 2),
        )
        for iteration, seeds in sorted(values.items())
    ]


def score_names(runs: Sequence[FinishedRun]) -> list[str]:
    """Return the full names of the scores of any run, in the order of its table."""
    return list(dict.fromkeys(line["score"] for run in runs for line in own_scores(run)))


def plot_game(path: str | os.PathLike, runs: Sequence[FinishedRun]) -> None:
    """Draw what the logs hold, a panel a quantity, with alarms marked, as PNG."""
    panels = game(runs)
    figure, axes_of = _panels(panels.values())
    for (key, label), axes in zip(panels.items(), axes_of):
        for i, run in enumerate(runs):
            colour, line = style(i)
            points = series(run, key)
            if points:
                axes.plot(*zip(*points), label=run.name, color=colour, ls=line, linewidth=1.2)
                _mark_alarms(axes, run, points, colour)
        axes.set_title(label, fontsize=10, loc="left")
    _save(figure, path, axes_of)


def plot_scores(path: str | os.PathLike, runs: Sequence[FinishedRun]) -> None:
    """Draw every score over epochs, a panel a score, bars for the spread of seeds, as PNG."""
    names = score_names(runs)
    figure, axes_of = _panels(names)
    for name, axes in zip(names, axes_of):
        for i, run in enumerate(runs):
            points = score_series(run, name)
            if points:
                epochs, means, spreads = zip(*points)
                look = dict(zip(("color", "ls"), style(i)), marker="o", ms=3, lw=1.2)
                axes.errorbar(epochs, means, spreads, label=run.name, **look)
        axes.set_title(name, fontsize=9, loc="left")
    _save(figure, path, axes_of)


def _mark_alarms(axes, run: FinishedRun, points, colour: str) -> None:
    epochs = [run.epoch(alarm["iteration"]) for alarm in run.alarms]
    heights = np.interp(epochs, *zip(*points)) if epochs else []
    axes.plot(epochs, heights, "v", color=colour, markersize=10, markeredgecolor="white")


def _panels(titles) -> tuple[Figure, list]:
    n_rows = -(-len(list(titles)) // 3)
    figure = Figure(figsize=(12, 2.6 * n_rows + 0.5), layout="constrained")
    return figure, figure.subplots(n_rows, 3, squeeze=False).ravel().tolist()


def _save(figure: Figure, path: str | os.PathLike, axes_of: list) -> None:
    for axes in axes_of:
        if not axes.lines and not axes.containers:
            axes.remove()
            continue
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("epoch", fontsize=8)
        axes.tick_params(labelsize=8)
    handles, labels = axes_of[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    with replacing(path) as file:
        figure.savefig(file, format="png", dpi=90)
