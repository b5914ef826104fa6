import dataclasses
import functools
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.commands import evaluate
from chainer_gan_anime.commands.evaluate import main
from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.evaluation.held_out import held_out_rows
from chainer_gan_anime.evaluation.judge import Judge
from chainer_gan_anime.evaluation.networks import features
from chainer_gan_anime.runs.records import load_settings, save_settings
from crawler.shared.errors import UserError


def lines_of(run):
    return [json.loads(line) for line in (run / "scores.jsonl").read_text().splitlines()]


def test_all_scores_of_pixels_and_features(trained_run, onnx_features, capsys):
    names = "kid,fid,prdc,ms_ssim,border,memorisation_pixels"
    arguments = [str(trained_run), "--n", "40", "--gpu", "-1", "--features", onnx_features]
    assert main([*arguments, "--scores", names]) == 0
    out = capsys.readouterr().out
    for word in ("score", "floor", "extractor", "kid_means_40", "ms_ssim_40", "scores.jsonl"):
        assert word in out
    lines = lines_of(trained_run)
    assert {line["iteration"] for line in lines} == {6}
    assert {line["epoch"] for line in lines} == {1.0}
    kid = next(line for line in lines if line.get("score") == "kid_means_40")
    assert (kid["n"], kid["floor_n"], kid["extractor"], kid["seed"]) == (40, 30, "means", 0)
    assert kid["file"] == "gen_iter_6.npz" and np.isfinite([kid["value"], kid["floor"]]).all()
    # the same again: the same values, appended
    assert main([*arguments, "--scores", names]) == 0
    again = lines_of(trained_run)
    assert again[len(lines) :] == lines == again[: len(lines)]


def test_all_snapshots_in_turn(trained_run):
    arguments = [str(trained_run), "--n", "20", "--gpu", "-1", "--scores", "border"]
    assert main([*arguments, "--snapshot", "all"]) == 0
    assert [line["iteration"] for line in lines_of(trained_run)] == [3] * 3 + [6] * 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--n", "61"], "holds 60 images"),
        (["--n", "1"], "--n 1 is too small"),
        (["--seed", "-1"], "--seed -1 is out of range"),
        (["--scores", "birthday"], "birthday needs at least 500 images"),
        (["--scores", "inception_score"], "unknown score"),
        (["--snapshot", "4"], "no generator of iteration 4"),
        (["--features", "inception:nowhere.pth", "--scores", "kid"], "no weight file"),
        (["--dataset", "nowhere"], "nowhere"),
        (["--gpu", "7"], "--gpu 7 does not exist"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(trained_run, change, message, capsys):
    arguments = [str(trained_run), "--n", "20", "--gpu", "-1", "--scores", "border"]
    assert main([*arguments, *change]) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ") and message in error and len(error.splitlines()) == 1
    assert not (trained_run / "scores.jsonl").exists()


def test_a_run_without_snapshots(trained_run, tmp_path, capsys):
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(trained_run / "settings.json", bare)
    assert main([str(bare), "--n", "20"]) == 2
    assert "holds no snapshots" in capsys.readouterr().err


def test_a_generator_of_another_size_is_said(trained_run, tmp_path, capsys):
    settings = json.loads((trained_run / "settings.json").read_text())
    settings["settings"]["image_size"] = 32
    (trained_run / "settings.json").write_text(json.dumps(settings))
    arguments = [str(trained_run), "--n", "20", "--gpu", "-1", "--scores", "border"]
    assert main(arguments) == 2
    assert "generated images are 16x16 and the real ones 32x32" in capsys.readouterr().err


def test_a_network_that_the_run_was_trained_through_is_said(trained_run, capsys):
    arguments = [str(trained_run), "--n", "20", "--gpu", "-1", "--scores", "border"]
    assert main(arguments) == 0
    assert "flatters" not in capsys.readouterr().out
    settings, facts = load_settings(trained_run)
    settings = dataclasses.replace(settings, feature_dis=features.DEFAULT)
    save_settings(trained_run, settings, facts)
    assert main(arguments) == 0
    assert "second D saw through efficientnet-lite0" in capsys.readouterr().out


def test_a_changed_data_set_is_noted(trained_run, tiny_dataset, tmp_path, capsys):
    arguments = [str(trained_run), "--n", "20", "--gpu", "-1", "--scores", "border"]
    other = tmp_path / "other"
    shutil.copytree(tiny_dataset, other)
    Image.new("RGB", (16, 16)).save(other / "one_more.png")
    assert main([*arguments, "--dataset", str(other)]) == 0
    assert "note:" not in capsys.readouterr().out  # the user asked for it
    settings = json.loads((trained_run / "settings.json").read_text())
    settings["settings"]["dataset"] = str(other)
    (trained_run / "settings.json").write_text(json.dumps(settings))
    assert main(arguments) == 0
    assert "is not as it was when the run was trained" in capsys.readouterr().out


def test_what_a_score_needs_is_looked_for_before_anything_is_computed(
    trained_run, monkeypatch, capsys
):
    def nowhere():
        raise UserError("the cascade is nowhere.")

    score = evaluate.SCORES["whole_face_rate"]
    monkeypatch.setitem(
        evaluate.SCORES, "whole_face_rate", dataclasses.replace(score, prepare=nowhere)
    )
    monkeypatch.setattr(evaluate, "load_faces", lambda *_: pytest.fail("it computed"))
    assert main([str(trained_run), "--n", "20", "--gpu", "-1"]) == 2
    assert "the cascade is nowhere." in capsys.readouterr().err


def test_scores_that_want_more_images_are_left_out_unless_asked_for(trained_run, capsys):
    chosen = evaluate.choose(evaluate.parse([str(trained_run), "--n", "100"]), 100)
    assert "birthday" in capsys.readouterr().out
    assert "birthday" not in [score.name for score in chosen] and len(chosen) > 5


@pytest.fixture
def foreign(tmp_path):
    """30 pictures of noise of 20 pixels, which no run drew."""
    folder = tmp_path / "foreign"
    folder.mkdir()
    random = np.random.RandomState(1)
    for i in range(30):
        pixels = random.randint(0, 256, (20, 20, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:02}.png")
    return folder


@pytest.fixture
def of_foreign(foreign, tiny_dataset, onnx_features):
    flags = ["--fake", foreign, "--real", tiny_dataset, "--image-size", 16, "--gpu", -1]
    return [*map(str, flags), "--features", onnx_features]


def test_images_from_elsewhere_are_judged_by_the_same_judge(
    of_foreign, foreign, tiny_dataset, onnx_features, tmp_path, capsys
):
    names = "kid,border,ms_ssim"
    before = sorted(tmp_path.rglob("*"))
    assert main([*of_foreign, "--scores", names]) == 0
    assert sorted(tmp_path.rglob("*")) == before  # nothing is written unless asked for
    out = capsys.readouterr().out
    assert "kid_means_30" in out and "30 images by" in out
    assert main([*of_foreign, "--scores", names, "--out", str(tmp_path / "judged")]) == 0
    lines = lines_of(tmp_path / "judged")
    real = load_faces(str(tiny_dataset), 16, cache=False)
    fake = load_faces(str(foreign), 16, cache=False)
    extractor = features.make_extractor(onnx_features, "@numpy")
    held_out = held_out_rows(str(tiny_dataset), 60)
    judge = Judge(real.images, 30, extractor, names.split(","), 0, held_out)
    expected, _ = judge.judge(fake.images)
    got = [(line["score"], line["value"], line["floor"]) for line in lines if "score" in line]
    assert got == [(result.score, result.value, result.floor) for result in expected]
    assert {line["dataset_sha256"] for line in lines} == {real.digest}


def test_a_set_by_itself_scores_better_than_noise(of_foreign, tiny_dataset, tmp_path):
    for name, fake in (("own", tiny_dataset), ("noise", of_foreign[1])):
        flags = ["--scores", "kid", "--n", "30", "--out", str(tmp_path / name)]
        assert main(["--fake", str(fake), *of_foreign[2:], *flags]) == 0
    (own,), (noise,) = lines_of(tmp_path / "own"), lines_of(tmp_path / "noise")
    assert own["n"] == noise["n"] == 30
    assert own["value"] < noise["value"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either a run's folder or --fake"),
        (["run", "--fake", "x", "--real", "y"], "give either a run's folder or --fake"),
        (["--fake", "x"], "--fake needs --real SET"),
        (["--fake", "x", "--real", "sample"], "--fake x does not exist"),
        (["--fake", "x", "--real", "y", "--snapshot", "3"], "--snapshot belongs to a run"),
        (["run", "--real", "y"], "--real belongs to --fake"),
        (["run", "--out", "y"], "--out belongs to --fake"),
        (["run", "--reach", "5"], "--reach N and --held-out SET go together"),
        (["run", "--held-out", "x"], "--reach N and --held-out SET go together"),
        *[
            (["run", "--reach", "5", "--held-out", "x", flag, value], f"{flag} belongs to the sco")
            for flag, value in (("--n", "9"), ("--scores", "kid"), ("--features", "clip:x"))
        ],
        (["run", "--reach", "1", "--held-out", "x"], "--reach 1 is too small"),
    ],
)
def test_what_does_not_go_together(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith("error: ") and message in error and len(error.splitlines()) == 1


def test_too_few_images_from_elsewhere(of_foreign, capsys):
    assert main([*of_foreign, "--n", "31"]) == 2
    assert "holds 30 images: pass --n 30 or less" in capsys.readouterr().err


def test_the_reach_of_a_run(trained_run, tiny_dataset, foreign, capsys, monkeypatch):
    quick = functools.partial(evaluate.reach_faces, n_steps=2, n_restarts=1)
    monkeypatch.setattr(evaluate, "reach_faces", quick)
    arguments = [str(trained_run), "--gpu", "-1", "--reach", "4", "--held-out"]
    assert main([*arguments, str(foreign)]) == 0
    out = capsys.readouterr().out
    assert "gen_iter_6.npz" in out and "(medians of 4 each)" in out
    assert "note:" not in out and not (trained_run / "scores.jsonl").exists()
    assert main([*arguments, str(tiny_dataset), "--dataset", str(foreign)]) == 0
    assert "is not as it was when the run was trained" in capsys.readouterr().out
    # Its own set holds nothing that it did not see.
    assert main([*arguments, str(tiny_dataset)]) == 2
    assert "has 0 images that are not in the other" in capsys.readouterr().err
