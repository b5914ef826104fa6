"""The score table of several runs, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from chainer_gan_anime.figures.curves import score_names
from chainer_gan_anime.figures.last_scores import last_score
from chainer_gan_anime.runs.finished import FinishedRun

NOTE = (
    "Each value is the mean over the evaluation's seeds of the last generator, ± half of their "
    "range; in brackets the floor: what real images of the run's set score.\n"
)


def format_score_table(runs: Sequence[FinishedRun]) -> str:
    """Return a Markdown table with a row for each score and a column for each run.

    Args:
        runs: Finished runs; of each, the scores of its last judged generator are shown.
    """
    lines = [
        "| score | " + " | ".join(run.name for run in runs) + " |",
        "|---|" + "---:|" * len(runs),
    ]
    for name in score_names(runs):
        cells = [_cell(name, run) for run in runs]
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", NOTE])


def _cell(name: str, run: FinishedRun) -> str:
    score = last_score(run, name)
    if score is None:
        return "-"
    floor = "-" if score.floor is None else f"{score.floor:.4g}"
    return f"{score.value:.4g} ± {score.spread:.1g} [{floor}]"
