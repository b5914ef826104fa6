"""Publishes results: a table for the terminal, lines of JSON beside the run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chainer_gan_anime.evaluation.evaluate import Result
from crawler.files import replacing

SCORES_NAME = "scores.jsonl"


def format_table(results: Sequence[Result]) -> str:
    """Return the results as an aligned table: score, value, floor, counts, extractor."""
    rows = [("score", "value", "floor", "n", "floor n", "extractor")]
    rows += [
        (
            result.score,
            f"{result.value:.5g}",
            "-" if result.floor is None else f"{result.floor:.5g}",
            str(result.n),
            str(result.floor_n),
            result.extractor or "-",
        )
        for result in results
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for name, *numbers, extractor in rows:
        cells = [name.ljust(widths[0])]
        cells += [number.rjust(width) for number, width in zip(numbers, widths[1:])]
        lines.append("  ".join([*cells, extractor]))
    return "\n".join(lines)


def append_scores(
    folder: Path, results: Sequence[Result], alarms: Sequence[str], facts: dict[str, Any]
) -> Path:
    """Append one JSON line a result and one an alarm to the run's ``scores.jsonl``.

    Args:
        folder: The run's folder.
        results: The values; a line has the fields of :class:`Result`.
        alarms: Sentences; a line has the field ``alarm``.
        facts: What every line says beside: iteration, epoch, file, seed and data set.

    Returns:
        The file, which is replaced whole, so that a reader never meets half a line.
    """
    path = folder / SCORES_NAME
    lines = [{**facts, **dataclasses.asdict(result)} for result in results]
    lines += [{**facts, "alarm": alarm} for alarm in alarms]
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    with replacing(path, "w") as file:
        file.write(before)
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return path


def read_scores(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of a run's ``scores.jsonl``, in the order they were written."""
    path = folder / SCORES_NAME
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
