import json
import re

import numpy as np
import pytest

from chainer_gan_anime.commands.questions import main
from chainer_gan_anime.pretrained.onnx_graph import OnnxGraph
from chainer_gan_anime.studies.reproduction import draw_two_sets

TINY = ["--image-size=32", "--ch=16", "--epochs=0.5", "--batch-size=10", "--log-every=1"]


@pytest.fixture
def ask(tmp_path):
    graph = OnnxGraph((1, 3, 8, 8))
    h = graph.conv("input", np.eye(3, dtype="f")[..., None, None], np.zeros(3, "f"))
    features = tmp_path / "means.onnx"
    features.write_bytes(graph.to_bytes(graph.global_average(h), (1, 3, 1, 1)))
    white, wild = draw_two_sets(tmp_path / "sets", 60, 32)

    def run(*flags):
        given = ["--white", white, "--wild", wild, "--out", tmp_path / "out", "--gpu=-1"]
        given += ["--features", f"onnx:{features}?size=8&scale=0.01", "--evaluate-n=12", *TINY]
        return main([str(flag) for flag in [*given, *flags]])

    return run


def test_questions_are_answered_and_then_nothing_is_left_to_do(ask, tmp_path, capsys):
    assert ask("--only", "background", "crop") == 0
    out = capsys.readouterr().out
    assert "written to" in out and "background" in out and "tight" in out
    table = (tmp_path / "out/answers.md").read_text()
    assert re.search(r"\| background \| kid_\S+ \| \S+ \| white \|", table)
    runs = sorted(p.name for p in (tmp_path / "out/background").iterdir() if p.is_dir())
    assert runs == ["coloured_0", "coloured_1", "white_0", "white_1"]
    settings = [
        json.loads((tmp_path / "out/crop" / run / "settings.json").read_text())["settings"]
        for run in ("wide_0", "tight_0", "tight_1")
    ]
    assert [s["seed"] for s in settings] == [0, 0, 1] and settings[0]["image_size"] == 32
    assert {s["iterations"] for s in settings} == {2}  # half an epoch of every second of 60 images
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert ask("--only", "background", "crop") == 0
    assert {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()} == before


def test_flags_that_are_wrong_are_named(ask, capsys):
    assert ask("--only", "colour") == 2
    assert "--only colour is unknown: take some of background" in capsys.readouterr().err
    assert ask("--seeds=1") == 2
    assert "--seeds 1 is too small" in capsys.readouterr().err


def test_a_question_that_an_algorithm_cannot_answer_is_refused_before_any_training(
    ask, tmp_path, capsys
):
    assert ask("--algorithm", "sngan") == 2
    error = capsys.readouterr().err
    assert "perturbation cannot be put to sngan" in error
    assert "take --only background crop size." in error
    assert ask("--algorithm", "sngan", "--only", "perturbation") == 2
    assert "take another --algorithm." in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
