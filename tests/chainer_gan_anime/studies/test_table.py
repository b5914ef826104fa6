import math
from types import SimpleNamespace

import numpy as np
import pytest

from chainer_gan_anime.runs.records import Result, append_scores
from chainer_gan_anime.studies.question import Arm, Question
from chainer_gan_anime.studies.study import newest_scores, run_folder
from chainer_gan_anime.studies.table import format_answers, pooled_spread
from chainer_gan_anime.studies.wanted import Wanted

IMAGES = np.zeros((1200, 3, 1, 1), np.uint8)
QUESTION = Question("size", "?", (Arm("all", IMAGES), Arm("half", IMAGES[:600])), IMAGES)


def test_the_spread_is_a_differences_standard_error():
    rng = np.random.RandomState(0)
    drawn = rng.normal(0, 3, (4000, 2, 2))  # experiments, arms, seeds
    differences = drawn[:, 1].mean(axis=1) - drawn[:, 0].mean(axis=1)
    spreads = np.array([pooled_spread(values) for values in drawn])
    assert np.sqrt((spreads**2).mean()) == pytest.approx(differences.std(), rel=0.05)
    assert pooled_spread([[1, 3], [5, 5]]) == pytest.approx(1)
    assert math.isnan(pooled_spread([[1], [2]]))


def test_the_table(tmp_path):
    for arm, values in (("all", (0.10, 0.12)), ("half", (0.20, 0.24))):
        for seed, value in enumerate(values):
            folder = run_folder(tmp_path, QUESTION, Arm(arm, IMAGES), seed)
            folder.mkdir(parents=True)
            facts = dict(iteration=5, seed=seed)
            older = Result("kid_x_10", 9.0, None, 10, 10, "x")
            append_scores(folder, [older], [], {**facts, "iteration": 4})
            append_scores(folder, [Result("kid_x_10", value, 0.01, 10, 10, "x")], ["!"], facts)
            other = (
                Result("kid_y_10", 7.0, 0.5, 10, 10, "y"),
                Result("ssim_10", 1, 1, 10, 10, None),
            )
            append_scores(folder, other, [], facts)
    x = SimpleNamespace(name="x")
    folder = run_folder(tmp_path, QUESTION, QUESTION.arms[0], 0)
    assert newest_scores(folder, Wanted(["kid"], 10, x)) == {"kid_x_10": (0.10, 0.01)}
    assert newest_scores(folder, Wanted(["kid"], 20, x)) == {}
    lines = format_answers([QUESTION], range(2), tmp_path, 10, x).splitlines()
    assert lines[2:] == [
        "| size | kid_x_10 | 0.01 | all | 1,200 | 0.11 |  |  |",
        "|  |  |  | half | 600 | 0.22 | +0.11 | 0.022 |",
    ]
