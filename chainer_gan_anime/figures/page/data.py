"""What the page shows of each run, as plain values for JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainer_gan_anime.evaluation.scores.registry import describe
from chainer_gan_anime.figures.curves import COLOURS, game, score_names, score_series, series
from chainer_gan_anime.figures.page import embed
from chainer_gan_anime.runs.finished import FinishedRun


def page_data(
    title: str,
    lead: str,
    runs: Sequence[FinishedRun],
    frames: list[list[tuple[int, np.ndarray]]],
    looks: list[list[tuple[str, np.ndarray]]],
    sheets: list[tuple[str, np.ndarray]],
    sheets_title: str,
    sheets_note: str,
) -> dict[str, Any]:
    """Return the data that ``page.js`` shows; everything in it survives JSON.

    Args:
        title: The page's heading.
        lead: The sentence under it.
        runs: The runs, in the plate's order.
        frames: Of each run, (iteration, grid) of the generators that a slider goes through.
        looks: Of each run, (caption, picture) of what is worth a closer look.
        sheets: (caption, picture) of training faces, or of what stands in their place.
        sheets_title: Heading over the sheets.
        sheets_note: Sentence under it.
    """
    names = score_names(runs)
    return {
        "title": title,
        "lead": lead,
        "runs": [
            _run_data(run, colour, frames_of, looks_of, names)
            for run, colour, frames_of, looks_of in zip(runs, COLOURS, frames, looks)
        ],
        "quantities": [
            {"key": key, "label": label[0].upper() + label[1:]}
            for key, label in game(runs).items()
        ],
        "scores": [_score_row(name, runs) for name in names],
        "sheets": [{"caption": caption, "src": embed(sheet)} for caption, sheet in sheets],
        "sheets_title": sheets_title,
        "sheets_note": sheets_note,
    }


def _run_data(run: FinishedRun, colour: str, frames, looks, score_names) -> dict[str, Any]:
    return {
        "name": run.name,
        "algorithm": run.algorithm,
        "set": run.set_name,
        "colour": colour,
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
    line = next(line for run in runs for line in run.scores if line["score"] == name)
    value = describe(name, line["extractor"], line["n"])
    return {
        "name": name,
        "label": value.label,
        "better": value.better,
        "note": value.note,
        "n": line["n"],
        "extractor": line["extractor"],
        "cells": [_cell(name, run) for run in runs],
    }


def _cell(name: str, run: FinishedRun) -> dict[str, Any] | None:
    lines = [line for line in run.scores if line["score"] == name and line["iteration"]]
    if not lines:
        return None
    last = max(line["iteration"] for line in lines)
    of_last = {line["seed"]: line for line in lines if line["iteration"] == last}
    floors = [line["floor"] for line in of_last.values() if line["floor"] is not None]
    _, value, spread = score_series(run, name)[-1]
    if not math.isfinite(value):
        return None
    floor = float(np.mean(floors)) if floors else None
    return {"value": value, "spread": spread, "seeds": len(of_last), "floor": floor}


def _rounded(points: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return points of five digits, without those that are no numbers."""
    return [[float(f"{v:.5g}") for v in p] for p in points if np.isfinite(p).all()]
