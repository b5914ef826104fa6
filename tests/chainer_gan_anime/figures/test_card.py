import dataclasses
import json
import re

import numpy as np

from chainer_gan_anime.commands import figures
from chainer_gan_anime.figures.card import format_card
from chainer_gan_anime.runs.finished import load_run


def line(score, value, floor, **others):
    facts = dict(iteration=6, seed=0, extractor="x", n=10)
    return dict(score=score, value=value, floor=floor, **{**facts, **others})


def test_the_command_writes_what_the_run_says_of_itself(trained_run, capsys):
    assert figures.main(["card", str(trained_run), "--kind", "noise about two colours"]) == 0
    card = (trained_run / "card.md").read_text()
    assert f"wrote {trained_run / 'card.md'}" in capsys.readouterr().out
    sha256 = json.loads((trained_run / "settings.json").read_text())["data"]["sha256"]
    for words in (
        "# tiny: a generator of 16x16 faces",
        "SN-GAN",
        "The set `tiny`: noise about two colours. 60 images",
        sha256,
        "6 updates of G in batches of 10, 1 epochs, seed 0",
        "--ch 8",
        "Nobody has scored it",
        "rights in the training pictures are their makers'",
        "A likeness of anybody",
    ):
        assert words in card
    assert str(trained_run) not in card and "![" not in card  # no path of ours, no picture


def test_its_flags_are_those_in_which_the_run_left_its_preset(trained_run):
    (flags,) = re.findall(r"Preset `article` with `(.*?)`", format_card(load_run(trained_run)))
    given = dict(re.findall(r"--([\w-]+) (\S+)", flags))
    assert given["ch"] == "8" and given["image-size"] == "16" and given["batch-size"] == "10"
    assert "log-every" not in given and "variant" not in given


def test_who_trains_it_again_gives_what_it_started_from(trained_run):
    run = load_run(trained_run)
    assert "--dataset SET` trains it again" in format_card(run)
    settings = dataclasses.replace(run.settings, start_from="before")
    card = format_card(dataclasses.replace(run, settings=settings))
    assert "--dataset SET --start-from FOLDER` trains it again" in card


def test_its_example_loads_the_generator(trained_run, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", format_card(load_run(trained_run)), re.S)
    monkeypatch.chdir(trained_run)
    names = {}
    exec(compile(example, "card", "exec"), names)
    assert names["faces"].shape == (16, 16, 16, 3) and names["faces"].dtype == np.uint8


def test_scores_by_its_own_set_with_floors_and_words(trained_run):
    run = load_run(trained_run)
    own = run.facts["data"]["sha256"]
    scores = [
        line("kid_x_10", 0.25, 0.01, dataset_sha256=own),
        line("kid_x_10", 9.0, 0.01, dataset_sha256="another"),
        line("precision_x_10", 0.5, None, dataset_sha256=own),
        line("strange_x_10", 1.0, 2.0, dataset_sha256=own),
    ]
    alarms = [
        {"iteration": i, "alarm": "scores", "message": f"Alarm of iteration {i}."} for i in (3, 6)
    ]
    card = format_card(dataclasses.replace(run, scores=scores, alarms=alarms))
    rows = [row for row in card.splitlines() if row.startswith("| ")]
    assert len(rows) == 4
    assert "(`kid_x_10`) | 0.25 | 0.01 |" in rows[1] and "lower is better" in rows[1]
    assert "| Precision (`precision_x_10`) | 0.5 | - |" in rows[2]
    assert "higher is better" in rows[2]
    assert "| Strange (`strange_x_10`) | 1 | 2 | no score of this" in rows[3]
    assert "Alarm of iteration 6." in card and "Alarm of iteration 3." not in card


def test_the_drawn_set_is_the_projects_own(trained_run):
    run = load_run(trained_run)
    drawn = dataclasses.replace(run.settings, dataset="sample")
    card = format_card(dataclasses.replace(run, settings=drawn))
    assert "faces that this project draws by itself" in card and "makers'" not in card
