"""What the page shows of each run, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from chainer_gan_anime.evaluation.scores.registry import describe
from chainer_gan_anime.figures.curves import (
    game,
    own_scores,
    score_names,
    score_series,
    series,
    style,
)
from chainer_gan_anime.figures.last_scores import last_score
from chainer_gan_anime.figures.page import embed
from chainer_gan_anime.runs.finished import FinishedRun

# The table shows five scores, these first; the rest is folded away.
N_SHOWN = 5
FIRST = ("kid", "precision", "recall", "coverage", "whole_face_rate")
# SVG's words for the lines of curves.
DASHES = {"-": "none", "--": "7 4", ":": "2 3", "-.": "7 3 2 3"}


class ShownRun(NamedTuple):
    """A run and its pictures, uint8 (height, width, 3) each.

    Attributes:
        run: The run.
        frames: (iteration, grid) of the generators that a slider goes through.
        looks: (caption, picture) of what is worth a closer look.
    """

    run: FinishedRun
    frames: Sequence[tuple[int, np.ndarray]]
    looks: Sequence[tuple[str, np.ndarray]]


class Sheets(NamedTuple):
    """Training faces, or what stands in their place.

    Attributes:
        title: The heading over them.
        note: The sentence under that.
        pictures: (caption, picture), uint8 (height, width, 3) each.
    """

    title: str
    note: str
    pictures: Sequence[tuple[str, np.ndarray]]


def page_data(title: str, lead: str, shown: Sequence[ShownRun], sheets: Sheets) -> dict[str, Any]:
    """Return the data that ``page.js`` shows; everything in it survives JSON.

    Args:
        title: The page's heading.
        lead: The sentence under it.
        shown: The runs, in the plate's order.
        sheets: Training faces.
    """
    runs = [one.run for one in shown]
    names = score_names(runs)
    return {
        "title": title,
        "lead": lead,
        "runs": [_run_data(one, *style(i), names) for i, one in enumerate(shown)],
        "quantities": [
            {"key": key, "label": label[0].upper() + label[1:]}
            for key, label in game(runs).items()
        ],
        "scores": _shown_first([_score_row(name, runs) for name in names]),
        "sheets": [
            {"caption": caption, "src": embed(sheet)} for caption, sheet in sheets.pictures
        ],
        "sheets_title": sheets.title,
        "sheets_note": sheets.note,
    }


def _run_data(
    shown: ShownRun, colour: str, line: str, score_names: Sequence[str]
) -> dict[str, Any]:
    run, frames, looks = shown
    return {
        "name": run.name,
        "algorithm": run.algorithm,
        "set": run.set_name,
        "digest": run.facts["data"]["sha256"],  # scores compare between runs of one set only
        "colour": colour,
        "dash": DASHES[line],
        "caption": run.caption(),
        "settings": {**run.settings.to_dict(), "dataset": run.set_name, "images": run.n_images},
        "frames": [
            {"epoch": run.epoch(iteration), "iteration": iteration, "src": embed(grid)}
            for iteration, grid in frames
        ],
        "looks": [{"caption": caption, "src": embed(look)} for caption, look in looks],
        "series": {key: _rounded(series(run, key)) for key in game([run])},
        "scores": {name: _rounded(score_series(run, name)) for name in score_names},
        "alarms": [{**alarm, "epoch": run.epoch(alarm["iteration"])} for alarm in run.alarms],
        "watched": any("alarms" in entry for entry in run.log),
    }


def _score_row(name: str, runs: Sequence[FinishedRun]) -> dict[str, Any]:
    """Return a row of the table: the values of each run's last judged generator."""
    line = next(line for run in runs for line in own_scores(run) if line["score"] == name)
    value = describe(name, line["extractor"], line["n"])
    return {
        "name": name,
        "base": value.name,
        "label": value.label,
        "better": value.better,
        "note": value.note,
        "n": line["n"],
        "extractor": line["extractor"],
        "cells": [_cell(name, run) for run in runs],
    }


def _cell(name: str, run: FinishedRun) -> dict[str, Any] | None:
    score = last_score(run, name)
    return score and score._asdict()


def _shown_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with those that are shown unfolded in front, ``shown`` telling which."""
    chief = [next((row for row in rows if row["base"] == base), None) for base in FIRST]
    front = [row for row in chief if row]
    order = front + [row for row in rows if not any(row is one for one in front)]
    return [{**row, "shown": i < N_SHOWN} for i, row in enumerate(order)]


def _rounded(points: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return points of five digits, without those that are no numbers."""
    return [[float(f"{v:.5g}") for v in p] for p in points if np.isfinite(p).all()]
