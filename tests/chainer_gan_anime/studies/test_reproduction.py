import collections
import dataclasses

import chainer
import pytest

from chainer_gan_anime.commands import evaluate
from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.evaluation.networks.features import make_extractor
from chainer_gan_anime.figures.last_scores import last_score
from chainer_gan_anime.runs.finished import load_run
from chainer_gan_anime.studies.reproduction import judge_rest, train_rest
from crawler.shared.errors import UserError

SCORES = ["border", "kid", "ms_ssim"]
ALL = {"border_mean_20": 1, "kid_means_20": 1, "ms_ssim_20": 1}


@pytest.fixture
def judge(trained_run, tiny_dataset, onnx_features):
    """Judges what is lacking, and returns how often each score of the last generator is told."""

    def run(extractor=None):
        faces = load_faces(str(tiny_dataset), 16, cache=False)
        extractor = extractor or make_extractor(onnx_features, "@numpy")
        judge_rest(load_run(trained_run), faces, extractor, 20, [0], 2, SCORES)
        lines = load_run(trained_run).scores
        names = [line["score"] for line in lines if line["iteration"] == 6]
        return {
            name: names.count(name) for name in names if name in ALL or name == "kid_others_20"
        }

    return run


@pytest.fixture
def by_hand(trained_run, onnx_features):
    given = [str(trained_run), "--n", "20", "--gpu", "-1", "--features", onnx_features]
    return lambda *flags: evaluate.main([*given, *map(str, flags)])


def test_a_generator_that_was_judged_by_one_score_gets_the_others(judge, by_hand, trained_run):
    assert by_hand("--scores", "kid") == 0
    assert judge() == ALL
    scores = (trained_run / "scores.jsonl").read_bytes()
    assert judge() == ALL
    assert (trained_run / "scores.jsonl").read_bytes() == scores  # nothing is left to do
    counts = collections.Counter(line["iteration"] for line in load_run(trained_run).scores)
    assert counts[3] == counts[6]


def test_scores_by_another_set_are_no_scores_of_the_run(judge, by_hand, trained_run, drawn_sets):
    assert by_hand("--scores", "kid", "--dataset", drawn_sets[0]) == 0
    assert judge() == ALL | {"kid_means_20": 2}
    assert by_hand("--scores", "kid", "--dataset", drawn_sets[0]) == 0
    run = load_run(trained_run)
    others, own, again = (
        line["value"]
        for line in run.scores
        if (line["score"], line["iteration"]) == ("kid_means_20", 6)
    )
    assert others == again != own
    assert last_score(run, "kid_means_20").value == own


def test_another_network_judges_again(judge, onnx_features):
    judge()
    extractor = make_extractor(onnx_features, "@numpy")
    extractor.name = "others"
    assert judge(extractor) == {**ALL, "kid_others_20": 1}


def test_nets_without_a_snapshot_are_not_trained_over(trained_run, tiny_dataset):
    for path in trained_run.glob("snapshot_iter_*"):
        path.unlink()
    before = {path: path.read_bytes() for path in trained_run.glob("*.*")}
    longer = dataclasses.replace(load_run(trained_run).settings, iterations=9)
    faces = load_faces(str(tiny_dataset), 16, cache=False)
    with pytest.raises(UserError, match="no whole snapshot to go on from"):
        train_rest(longer, faces, trained_run, chainer.get_device("@numpy"))
    assert {path: path.read_bytes() for path in trained_run.glob("*.*")} == before
