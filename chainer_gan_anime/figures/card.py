"""A model card: what a run's generator is, how good, and what it must not be taken for."""

from __future__ import annotations

from pathlib import Path

from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.algorithms.registry import ALGORITHMS
from chainer_gan_anime.data.dataset import SAMPLE_NAME
from chainer_gan_anime.evaluation.scores.registry import describe
from chainer_gan_anime.figures.curves import own_scores, score_names
from chainer_gan_anime.figures.last_scores import last_score
from chainer_gan_anime.options import flag_name
from chainer_gan_anime.runs.finished import FinishedRun
from chainer_gan_anime.runs.records import SETTINGS_NAME
from chainer_gan_anime.settings import setting_fields
from crawler.shared.files import replacing

CARD_NAME = "card.md"
SAMPLE_KIND = "faces that this project draws by itself"
_RIGHTS_OF_SAMPLE = "The training pictures are this project's own, under its licence."
_RIGHTS_OF_OTHERS = (
    "The rights in the training pictures are their makers'. This project's licence is for its "
    "code; it gives none for weights trained on pictures of others, nor for what they draw: read "
    "the terms of the set before the weights are passed on."
)


def write_card(run: FinishedRun, kind: str | None = None) -> Path:
    """Write a run's card into its folder, in place of an earlier one; return its path."""
    path = run.path / CARD_NAME
    with replacing(path, "w") as file:
        file.write(format_card(run, kind))
    return path


def format_card(run: FinishedRun, kind: str | None = None) -> str:
    """Return a run's card in Markdown; no picture is in it, nor a path of this machine.

    Args:
        run: A finished run.
        kind: What its set holds, in words, such as ``'faces cut from illustrations'``; None
            leaves it to the set's name, unless that is ``sample``.

    Source: the headings of Mitchell et al. 2019 (arXiv:1810.03993), "Model cards for model
    reporting", sections 4.1 to 4.9, as far as a run knows them.
    """
    settings = run.settings
    title = ALGORITHMS[settings.algorithm].title
    is_sample = settings.dataset == SAMPLE_NAME
    kind = kind or (SAMPLE_KIND if is_sample else "nothing but its name is known here")
    data = run.facts["data"]
    last = run.checkpoints[-1]
    size = settings.image_size
    parts = [
        f"# {run.set_name}: a generator of {size}x{size} faces",
        f"{title}, trained with this project; `{last.path.name}` is the generator.",
        "## What it was trained on",
        f"The set `{run.set_name}`: {kind}. {run.n_images:,} images, brought to {size}x{size} "
        f"pixels; SHA-256 of the array `{data['sha256']}`. No picture of it is in this card.",
        "## How",
        _describe_training(run),
        "## How good",
        _describe_scores(run),
        "## To load it",
        f"Keep `{SETTINGS_NAME}` beside it.\n\n"
        "```python\nfrom chainer_gan_anime import draw, load_generator\n\n"
        f'faces = draw(load_generator("{last.path.name}"), 16, seed=0)  '
        f"# uint8 (16, {size}, {size}, 3)\n```",
        "## What it must not be taken for",
        "- A likeness of anybody: its faces are of no person and no character, and where one "
        "resembles somebody, that is chance or a training picture remembered.\n"
        "- A measure of the method: this is one run with one seed.\n"
        f"- Free of rights: {_RIGHTS_OF_SAMPLE if is_sample else _RIGHTS_OF_OTHERS}",
    ]
    return "\n\n".join(parts) + "\n"


def _describe_training(run: FinishedRun) -> str:
    """Return the length, the net, and each setting in which the run left its preset."""
    settings, iteration = run.settings, run.checkpoints[-1].iteration
    usual = resolve(settings.algorithm, settings.dataset, settings.preset).to_dict()
    skipped = {"iterations", "epochs"}
    skipped |= {field.name for field in setting_fields() if field.metadata["watching"]}
    others = {
        name: value
        for name, value in settings.to_dict().items()
        if usual.get(name) != value and name not in skipped
    }
    flags = " ".join(_as_flag(name, value) for name, value in others.items())
    # Of what it started from a run keeps the folder's name alone.
    start = " --start-from FOLDER" if settings.start_from else ""
    return (
        f"{iteration:,} updates of G in batches of {settings.batch_size}, "
        f"{run.epoch(iteration):.3g} epochs, seed {settings.seed}. Variant {settings.variant}, "
        f"{settings.ch} channels, {settings.n_hidden} latents, {settings.z_distribution}; loss "
        f"{settings.loss}; Adam's steps {settings.adam_alpha_gen:g} (G) and "
        f"{settings.adam_alpha_dis:g} (D). Preset `{settings.preset}`"
        + (f" with `{flags}`." if flags else ", as it is.")
        + f" `anime-gan train --settings {SETTINGS_NAME} --dataset SET{start}` trains it again."
    )


def _as_flag(name: str, value: object) -> str:
    flag = flag_name(name)
    if isinstance(value, bool):
        return flag if value else f"--no-{flag[2:]}"
    return f"{flag} {value}"


def _describe_scores(run: FinishedRun) -> str:
    """Return the table of the last generator's scores by the run's own set, and its alarms."""
    rows = []
    for name in score_names([run]):
        score = last_score(run, name)
        if score is None:
            continue
        line = next(line for line in reversed(own_scores(run)) if line["score"] == name)
        value = describe(name, line.get("extractor"), line["n"])
        floor = "-" if score.floor is None else f"{score.floor:.4g}"
        better = {"low": "lower is better", "high": "higher is better"}.get(
            value.better, "best as real images have it"
        )
        words = f"{value.note}; {better}" if value.note else "no score of this version"
        rows.append(f"| {value.label} (`{name}`) | {score.value:.4g} | {floor} | {words} |")
    if not rows:
        return "Nobody has scored it: its quality is not known (`anime-gan evaluate`)."
    head = ["| score | value | floor | what it says |", "|---|---:|---:|---|"]
    text = "\n".join([*head, *rows])
    text += "\n\nThe floor is what real images of the set score by others of it."
    last = run.checkpoints[-1].iteration
    alarms = [alarm["message"] for alarm in run.alarms if alarm["iteration"] == last]
    return text + "".join(f"\n\n**Alarm**: {message}" for message in alarms)
