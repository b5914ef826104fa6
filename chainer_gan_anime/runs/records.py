"""The files of a run's folder by name, and its records: settings, log, scores and alarms."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainer_gan_anime.settings import Settings, setting_fields
from crawler.shared.errors import UserError
from crawler.shared.files import replacing

SETTINGS_NAME = "settings.json"
LOG_NAME = "log"
LOSS_PLOT_NAME = "loss.png"
ALARMS_NAME = "alarms.jsonl"
SCORES_NAME = "scores.jsonl"
PREVIEW_NAME = "preview.png"  # the newest grid
PREVIEW_FOLDER = "preview"  # all of them
LOCK_NAME = "training.lock"


@dataclass(frozen=True)
class Result:
    """One value of a score.

    Attributes:
        score: Full name: score, extractor and count.
        value: Of the generated images.
        floor: The same between real images; None where there are too few of them.
        n: Generated images.
        floor_n: Images on each side of the floor; where it is not ``n``, scores that depend on
            the count (FID above all) are not to be compared with it.
        extractor: Feature network, or None for scores of pixels.
    """

    score: str
    value: float
    floor: float | None
    n: int
    floor_n: int
    extractor: str | None


def save_settings(run: Path, settings: Settings, facts: dict[str, Any]) -> None:
    """Write a run's settings.json: the settings, and facts about the data and the machine.

    Args:
        run: The run's folder.
        settings: The run's settings.
        facts: What the run found, such as the number of images and versions.
    """
    with replacing(Path(run) / SETTINGS_NAME, "w") as file:
        json.dump({"settings": settings.to_dict(), **facts}, file, indent=2, ensure_ascii=False)
        file.write("\n")


def load_settings(run: Path) -> tuple[Settings, dict[str, Any]]:
    """Return the settings of a run and the facts that settings.json holds beside them.

    Raises:
        UserError: There is no such file, or it is not one of ours.
    """
    return read_settings_file(Path(run) / SETTINGS_NAME)


def read_settings_file(path: Path) -> tuple[Settings, dict[str, Any]]:
    """Return what a file such as a run's settings.json holds: settings and facts.

    Raises:
        UserError: The file is missing or is not one of ours.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):  # the latter below a file
        raise UserError(f"{path} does not exist: give the folder of a run.") from None
    except ValueError as error:
        raise UserError(
            f"{path} is damaged ({error}): bring the file back from a copy, or start a new run."
        ) from None
    try:
        values = facts.pop("settings")
        if "stock_kernels" in values:  # of runs from before there were several engines
            values["cpu_engine"] = "chainer" if values.pop("stock_kernels") else "numpy"
        known = {field.name for field in setting_fields()}
        options = {key: value for key, value in values.items() if key not in known}
        given = {key: value for key, value in values.items() if key in known}
        return Settings(**given, options=options), facts
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} is not the settings of a run ({error}): give the folder of a run that "
            "experiments/train.py wrote."
        ) from None


def read_log(run: Path) -> list[dict[str, Any]]:
    """Return the entries of a run's log, the oldest first; none if there is no log.

    Raises:
        UserError: It is damaged.
    """
    path = Path(run) / LOG_NAME
    if not path.exists():
        return []
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _damaged(path, error) from None


def append_scores(
    run: Path, results: Sequence[Result], alarms: Sequence[str], facts: dict[str, Any]
) -> Path:
    """Append one JSON line a result and one an alarm to the run's ``scores.jsonl``.

    Args:
        run: The run's folder.
        results: The values; a line has the fields of :class:`Result`.
        alarms: Sentences; a line has the field ``alarm``.
        facts: What every line says beside: iteration, epoch, file, seed and data set.

    Returns:
        The file, which is replaced whole, so that a reader never meets half a line.
    """
    path = Path(run) / SCORES_NAME
    lines = [{**facts, **dataclasses.asdict(result)} for result in results]
    lines += [{**facts, "alarm": alarm} for alarm in alarms]
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    with replacing(path, "w") as file:
        file.write(before)
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    return path


def read_scores(run: Path) -> list[dict[str, Any]]:
    """Return the lines of a run's ``scores.jsonl``, in the order they were written.

    Raises:
        UserError: It is damaged.
    """
    return _read_lines(Path(run) / SCORES_NAME)


def write_scores(run: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Replace a run's ``scores.jsonl``."""
    with replacing(Path(run) / SCORES_NAME, "w") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def read_alarms(run: Path) -> list[dict[str, Any]]:
    """Return the lines of a run's ``alarms.jsonl``; none if there is no such file.

    Raises:
        UserError: It is damaged.
    """
    return _read_lines(Path(run) / ALARMS_NAME)


def write_alarms(run: Path, alarms: Sequence[dict[str, Any]]) -> None:
    """Replace a run's ``alarms.jsonl``."""
    with replacing(Path(run) / ALARMS_NAME, "w") as file:
        file.writelines(json.dumps(alarm) + "\n" for alarm in alarms)


def _read_lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except ValueError as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: ValueError) -> UserError:
    return UserError(f"{path} is damaged ({error}): repair or remove it.")
