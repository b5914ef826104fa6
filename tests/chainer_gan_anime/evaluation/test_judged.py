import chainer
import numpy as np

from chainer_gan_anime.common.dataset import FaceImages
from chainer_gan_anime.evaluation.evaluate import Judge
from chainer_gan_anime.evaluation.judged import judge_checkpoint
from chainer_gan_anime.evaluation.report import read_scores
from chainer_gan_anime.evaluation.runs import draw_from, find_checkpoints

CPU = chainer.get_device("@numpy")


def test_what_is_appended_is_what_the_judge_says_of_the_generator(trained_run):
    real = np.random.RandomState(0).randint(0, 256, (40, 3, 16, 16)).astype(np.uint8)
    judge = Judge(real, 20, None, ["border"], seed=5)
    for checkpoint in find_checkpoints(trained_run, "all"):
        images = draw_from(checkpoint, 20, 5, CPU)
        faces = FaceImages(real, "somewhere", "abc")
        results, alarms = judge_checkpoint(
            trained_run, checkpoint, judge, "sets/faces", faces, CPU
        )
        expected, _ = judge.judge(images)
        assert results == expected and alarms == []
    lines = read_scores(trained_run)
    assert [line["value"] for line in lines[len(results) :]] == [r.value for r in results]
    facts = {key: lines[-1][key] for key in ("file", "iteration", "seed", "dataset")}
    assert facts == {"file": "gen_iter_6.npz", "iteration": 6, "seed": 5, "dataset": "faces"}
    assert lines[-1]["dataset_sha256"] == "abc"
    assert lines[0]["epoch"] == lines[-1]["epoch"] / 2


def test_a_renamed_generator_has_no_epoch(trained_run):
    path = (trained_run / "gen_iter_3.npz").rename(trained_run / "best.npz")
    (checkpoint,) = find_checkpoints(trained_run, str(path))
    real = np.zeros((20, 3, 16, 16), np.uint8)
    judge = Judge(real, 10, None, ["border"])
    judge_checkpoint(trained_run, checkpoint, judge, "x", FaceImages(real, "x", ""), CPU)
    line = read_scores(trained_run)[-1]
    assert line["file"] == "best.npz" and line["epoch"] is None and line["iteration"] is None
