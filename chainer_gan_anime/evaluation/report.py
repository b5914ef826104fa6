"""Results as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from chainer_gan_anime.runs.records import Result


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
