import chainer
import pytest

from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.flags import settings_for
from chainer_gan_anime.kernels import cpu, onednn
from chainer_gan_anime.runs.records import Result, append_scores, read_scores
from chainer_gan_anime.studies import levers
from chainer_gan_anime.studies.levers import (
    LEVERS,
    cost_ratios,
    format_levers,
    lever_scores,
    lever_settings,
    run_folder,
    study_lever,
)
from chainer_gan_anime.studies.wanted import Wanted

DEVICE = chainer.get_device("@numpy")
TINY = ["--ch=8", "--image-size=16", "--batch-size=10", "--iterations=2", "--log-every=1"]


@pytest.fixture
def faces(tiny_dataset):
    return load_faces(str(tiny_dataset), 16, cache=False)


def test_each_lever_changes_the_base_and_is_possible():
    base = settings_for("sngan", "x", [*levers.BASE, *levers.STEPS["sngan"], *TINY, "--seed=3"])
    assert lever_settings("sngan", "base", "x", 3, TINY) == base
    for name in LEVERS:
        settings = lever_settings("sngan", name, "x", 3, TINY)
        assert bool(base.differences(settings)) == (name != "base")


def test_runs_are_judged_live_and_averaged_and_only_once(faces, tmp_path):
    wanted = Wanted(["colour_noise", "checkerboard"], 20, None, faces.digest)
    for lever in ("base", "flip"):
        settings = lever_settings("sngan", lever, "tiny", 0, TINY)
        folder = run_folder(tmp_path, "sngan", lever, 0)
        for _ in range(2):
            assert study_lever(settings, faces, folder, wanted, DEVICE, lambda text: None)
        assert len(read_scores(folder)) == 4
        files = [line["file"] for line in read_scores(folder)]
        assert files == ["gen_iter_2.npz"] * 2 + ["gen_average_iter_2.npz"] * 2
    again = run_folder(tmp_path, "sngan", "flip", 0) / "scores.jsonl"
    again.write_text(2 * again.read_text())  # judged twice: still one training
    table = format_levers(
        tmp_path, "sngan", ["base", "flip", "hinge"], [0, 1], wanted, {"flip": 1.25}
    )
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()]
    assert [row[:3] for row in rows[2:]] == [
        ["real images", "-", "-"],
        ["base", "live G", "1"],
        ["base", "average", "1"],
        ["flip", "live G", "1"],
        ["flip", "average", "1"],
    ]
    line = read_scores(run_folder(tmp_path, "sngan", "flip", 0))[2]
    column = rows[0].index("colour_noise")
    assert rows[-1][column] == f"{line['value']:.3g}" and rows[-1][-1] == "1.25"
    assert rows[2][column] == f"{line['floor']:.3g}"


def test_scores_that_are_lacking_are_judged_and_those_of_other_counts_not_shown(faces, tmp_path):
    settings = lever_settings("sngan", "base", "tiny", 0, TINY)
    folder = run_folder(tmp_path, "sngan", "base", 0)
    some, all_, fewer = (
        Wanted(scores, n, None, faces.digest)
        for scores, n in (
            (["colour_noise"], 20),
            (["colour_noise", "checkerboard"], 20),
            (["colour_noise"], 10),
        )
    )
    for wanted in (some, all_, fewer):
        study_lever(settings, faces, folder, wanted, DEVICE, lambda text: None)
    names = [line["score"] for line in read_scores(folder)]
    assert names == [
        *["colour_noise_20"] * 2,
        *["checkerboard_20"] * 2,
        *["colour_noise_10"] * 2,
    ]
    found = lever_scores(tmp_path, "sngan", "base", [0], "live G", all_)
    assert found["colour_noise"][0][0] == read_scores(folder)[0]["value"]


def test_scores_by_another_set_are_not_the_levers(faces, tmp_path):
    settings = lever_settings("sngan", "base", "tiny", 0, TINY)
    folder = run_folder(tmp_path, "sngan", "base", 0)
    folder.mkdir(parents=True)
    wanted = Wanted(["colour_noise"], 20, None, faces.digest)
    facts = {"iteration": 2, "file": "gen_iter_2.npz", "seed": 0, "dataset_sha256": "another"}
    other = Result("colour_noise_20", 9.0, 0.1, 20, 20, None)
    append_scores(folder, [other], [], facts)
    study_lever(settings, faces, folder, wanted, DEVICE, lambda text: None)
    append_scores(folder, [other], [], facts)
    ((value, _),) = lever_scores(tmp_path, "sngan", "base", [0], "live G", wanted)["colour_noise"]
    assert value == read_scores(folder)[1]["value"]


def test_what_was_judged_during_training_is_passed_over(faces, tmp_path):
    settings = lever_settings("sngan", "base", "tiny", 0, TINY)
    folder = run_folder(tmp_path, "sngan", "base", 0)
    facts = {"iteration": 2, "epoch": 0.3, "file": None, "seed": 0}  # as --evaluate-every has it
    wanted = Wanted(["colour_noise"], 20, None, faces.digest)
    folder.mkdir(parents=True)
    for iteration in (1, 2):
        during = Result("colour_noise_20", 9.0, 0.1, 20, 20, None)
        append_scores(folder, [during], [], facts | {"iteration": iteration})
    study_lever(settings, faces, folder, wanted, DEVICE, lambda text: None)
    value = next(line["value"] for line in read_scores(folder) if line["file"])
    row = format_levers(tmp_path, "sngan", ["base"], [0], wanted).splitlines()[3]
    assert f"| {value:.3g} |" in row


def test_the_cost_is_a_share_of_the_first(faces, monkeypatch):
    seconds = iter(range(0, 10**6))

    class Clock:
        @staticmethod
        def process_time():
            return next(seconds)

    monkeypatch.setattr(levers, "time", Clock)
    settings = [lever_settings("sngan", name, "tiny", 0, TINY) for name in ("base", "augment")]
    assert cost_ratios(settings, faces, DEVICE) == [1, 1]


@pytest.mark.parametrize(("engine", "kernels"), [("chainer", False), ("numpy", True)])
def test_the_cost_is_that_of_the_runs_own_kernels(faces, monkeypatch, engine, kernels):
    seen = []

    class Clock:
        @staticmethod
        def process_time():
            seen.append((cpu.are_installed(), onednn.are_installed()))
            return len(seen)

    monkeypatch.setattr(levers, "time", Clock)
    settings = lever_settings("sngan", "base", "tiny", 0, [*TINY, f"--cpu-engine={engine}"])
    cost_ratios([settings], faces, DEVICE)
    assert set(seen) == {(kernels, False)}
    assert not cpu.are_installed()
