import json

import chainer
import numpy as np

from chainer_gan_anime.runs.records import read_scores
from chainer_gan_anime.training.scoring import Evaluate

NAMES = ["kid", "prdc", "border", "memorisation_pixels"]


def state_of(run):
    serializer = chainer.serializers.DictionarySerializer()
    serializer.save(run.trainer)
    # the watched run has one extension more; all else must be equal
    return {
        key: np.asarray(value)
        for key, value in serializer.target.items()
        if "Evaluate" not in key and "_snapshot_elapsed_time" not in key
    }


def log_of(run):
    return json.loads((run.out / "log").read_text())


def test_training_is_the_same_to_the_bit(make_run, onnx_features, tmp_path):
    plain, watched = make_run(tmp_path / "plain"), make_run(tmp_path / "watched")
    evaluate = Evaluate(
        watched.gen, watched.faces.images, 30, feature_network=onnx_features, scores=NAMES
    )
    watched.trainer.extend(evaluate, trigger=(2, "iteration"))
    np.random.seed(3)
    before = np.random.get_state()[1].copy()
    for run in (plain, watched):
        run.train()
    np.testing.assert_array_equal(np.random.get_state()[1], before)

    expected, got = state_of(plain), state_of(watched)
    numeric = [k for k, v in expected.items() if v.dtype.kind in "fiub" and "Log" not in k]
    assert len(numeric) > 40
    for key in numeric:
        np.testing.assert_array_equal(got[key], expected[key], err_msg=key)
    np.testing.assert_array_equal(watched.gen.rng.get_state()[1], plain.gen.rng.get_state()[1])

    # its own keys appear in the log at its iterations, and nothing else changes
    for with_scores, without in zip(log_of(watched), log_of(plain)):
        own = {key for key in with_scores if key not in without}
        looked = with_scores["iteration"] % 2 == 0
        assert ("kid_means_30" in own) == ("border_mean_30" in own) == looked
        for key in without.keys() - {"elapsed_time"}:
            assert with_scores[key] == without[key]
    assert sorted({line["iteration"] for line in read_scores(watched.out)}) == [2, 4, 6]
