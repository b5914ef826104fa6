"""The studio of trained runs and of generators' files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chainer_gan_anime.common.steadiness import find_steady_direction
from chainer_gan_anime.figures.curves import score_names
from chainer_gan_anime.figures.last_scores import last_score
from chainer_gan_anime.figures.studio import describe_generator, write_studio
from chainer_gan_anime.runs.finished import FinishedRun, load_run
from chainer_gan_anime.runs.generators import load_generator
from crawler.shared.errors import UserError

TITLE = "A studio of generated faces"
NOTE = (
    "The generator learnt from the data set above; whether its weights and faces may be shared "
    "depends on the rights in those pictures."
)
# Of a run's settings, what the about box says.
FACTS = (
    "preset",
    "variant",
    "ch",
    "image_size",
    "loss",
    "batch_size",
    "generator_average",
    "seed",
)


def make_studio(
    models: Sequence[Path],
    path: Path,
    precision: str = "int8",
    set_names: dict[str, str] | None = None,
) -> int:
    """Write the studio of some generators.

    Args:
        models: Runs' folders, or what else ``load_generator`` takes; the page begins with the
            first.
        path: The file to write or replace.
        precision: ``int8``, ``float16`` or ``float32``.
        set_names: What the page calls data sets, by their names in settings.json.

    Returns:
        The file's size in bytes.

    Raises:
        UserError: There is no generator, no folder to write to, or the weights are too many.
    """
    path = Path(path)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise UserError(f"{path} cannot be written: give a file in a folder that exists.")
    generators, seen = [], {}
    for model in models:
        gen, file = load_generator(model)
        name, about = _describe(Path(model), file, set_names)
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name = f"{name} ({seen[name]})"
        steady = find_steady_direction(gen)
        generators.append(describe_generator(gen, name, about, precision, steady))
    return write_studio(path, TITLE, generators)


def _describe(model: Path, file: str, set_names) -> tuple[str, dict[str, Any]]:
    """Return what the page calls a generator, and what its about box says."""
    if not model.is_dir():
        return model.stem, {"facts": [("File", file)], "scores": [], "note": NOTE}
    run = load_run(model, set_names)
    settings = run.settings.to_dict()
    facts = [
        ("Algorithm", run.algorithm),
        ("Data set", run.set_name),
        ("Images", f"{run.n_images:,}"),
        ("Epochs", f"{run.epoch(run.checkpoints[-1].iteration):.3g}"),
        ("File", file),
        *((key.replace("_", " "), str(settings[key])) for key in FACTS if key in settings),
    ]
    return run.name, {"facts": facts, "scores": _scores(run), "note": NOTE}


def _scores(run: FinishedRun) -> list[tuple[str, str]]:
    found = [(name, last_score(run, name)) for name in score_names([run])]
    return [
        (
            name.replace("_", " "),
            f"{score.value:.3g}" + ("" if score.floor is None else f" (floor {score.floor:.3g})"),
        )
        for name, score in found
        if score is not None
    ]
