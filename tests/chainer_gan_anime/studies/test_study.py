import dataclasses

import chainer
import numpy as np
import pytest

from chainer_gan_anime.evaluation.networks.features import make_extractor
from chainer_gan_anime.runs.records import Result, append_scores, read_scores
from chainer_gan_anime.studies.question import Arm, Question
from chainer_gan_anime.studies.study import arm_settings, newest_scores, run_folder, study
from chainer_gan_anime.studies.wanted import Wanted
from crawler.shared.errors import UserError

FLAGS = ["--ch=8", "--batch-size=5", "--epochs=1", "--log-every=1"]


def faces(count, seed):
    return np.random.RandomState(seed).randint(0, 256, (count, 3, 16, 16)).astype(np.uint8)


@pytest.fixture
def question():
    images = faces(20, 0)
    arms = (Arm("all", images), Arm("half", images[:10], flags=("--flip",)))
    return Question("size", "How many?", arms, faces(30, 1), ("border",))


def test_arms_get_equally_many_updates_and_their_own_flags(question):
    every, half = (arm_settings(question, arm, "sngan", 3, FLAGS) for arm in question.arms)
    assert every.algorithm == "sngan" and every.seed == 3 and every.image_size == 16
    assert every.iterations == half.iterations == 4
    assert (every.flip, half.flip) == (False, True)


def test_every_arm_is_trained_and_judged_once(question, tmp_path):
    said = []
    common = FLAGS, 10, None, tmp_path, chainer.get_device("@numpy"), said.append
    assert study(question, "sngan", range(2), *common)
    folders = [run_folder(tmp_path, question, a, seed) for a in question.arms for seed in (0, 1)]
    lines = [read_scores(folder) for folder in folders]
    assert [{line["seed"] for line in run} for run in lines] == [{0}, {1}, {0}, {1}]
    assert all({line["iteration"] for line in run} == {4} for run in lines)
    value = newest_scores(folders[0], Wanted(["border"], 10))[lines[0][0]["score"]]
    assert value == (lines[0][0]["value"], lines[0][0]["floor"])
    assert study(question, "sngan", range(2), *common)
    assert [read_scores(folder) for folder in folders] == lines
    assert sum("is finished" in sentence for sentence in said) == 4


def test_what_was_trained_otherwise_is_not_taken_for_it(question, tmp_path):
    common = 10, None, tmp_path, chainer.get_device("@numpy"), lambda sentence: None
    study(question, "sngan", range(1), FLAGS, *common)
    with pytest.raises(UserError, match="batch-size"):
        study(question, "sngan", range(1), [*FLAGS, "--batch-size=4"], *common)


def test_nothing_was_judged_yet(tmp_path):
    assert newest_scores(tmp_path, Wanted(["border"], 10)) == {}


def test_what_was_not_judged_yet_is_judged(question, tmp_path, onnx_features):
    common = chainer.get_device("@numpy"), lambda sentence: None
    study(question, "sngan", range(1), FLAGS, 10, None, tmp_path, *common)
    more = dataclasses.replace(question, scores=("border", "kid"))
    extractors = [make_extractor(onnx_features, "@numpy"), make_extractor(onnx_features, "@numpy")]
    extractors[1].name = "others"
    by_hand = {"iteration": 4, "seed": 0, "dataset_sha256": "of some set"}  # as evaluate has it
    for arm in question.arms:
        other = Result("kid_means_10", 9.0, 0.1, 10, 10, "means")
        append_scores(run_folder(tmp_path, question, arm, 0), [other], [], by_hand)
    for extractor in extractors:
        study(more, "sngan", range(1), FLAGS, 10, extractor, tmp_path, *common)
    for arm in question.arms:
        lines = read_scores(run_folder(tmp_path, question, arm, 0))
        names = [line["score"] for line in lines if line.get("value", 9.0) != 9.0]
        assert names.count("border_mean_10") == 1
        assert names.count("kid_means_10") == names.count("kid_others_10") == 1
