import json

import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.data import drawn
from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.runs.records import read_alarms
from chainer_gan_anime.training import balance
from chainer_gan_anime.training.alarm import COLLAPSE, D_WINS_BY_LOSS
from chainer_gan_anime.training.balance import (
    acting_weight,
    gradient_norm,
    largest_singular_value,
    measure,
)
from chainer_gan_anime.training.run import Run

ALGORITHMS = tuple(registry.ALGORITHMS)


@pytest.fixture
def make_run(make_settings, faces, tagged_faces, tmp_path):
    def make(name="run", faces=faces, **given):
        given = {"preview_every": 1e6, "snapshot_every": 1e6, **given}
        settings = make_settings(given.pop("algorithm", "sngan"), **given)
        if registry.ALGORITHMS[settings.algorithm].tagged:
            faces = tagged_faces
        device = chainer.get_device("@numpy")
        of_run = tagged_faces if settings.algorithm == "acgan" else faces
        return Run(settings, of_run, tmp_path / name, device, report=lambda sentence: None)

    return make


def state_of(run):
    serializer = chainer.serializers.DictionarySerializer()
    run.updater.serialize(serializer)
    return serializer.target


@pytest.fixture(scope="module")
def drawn_faces():
    return FaceImages(drawn.draw_faces(200, 0, 16), "drawn faces", "digest of drawn faces")


# D's step 50 times G's, without a penalty or spectral normalisation to hold D back.
GAME = dict(algorithm="dcgan", ch=32, batch_size=16, iterations=300, log_every=50)


def test_an_alarm_tells_that_d_wins_with_50_times_the_step(
    make_run, drawn_faces, capsys, tmp_path
):
    run = make_run(faces=drawn_faces, adam_alpha_gen=2e-5, adam_alpha_dis=1e-3, **GAME)
    run.train()
    (alarm,) = [a for a in read_alarms(tmp_path / "run") if "d_wins" in a["alarm"]]
    assert alarm["alarm"] == D_WINS_BY_LOSS and 20 < alarm["iteration"] <= 300
    assert "--adam-alpha-dis" in alarm["message"]
    said = [line for line in capsys.readouterr().out.splitlines() if "Alarm at" in line]
    assert said == [f"Alarm at iteration {alarm['iteration']}: {alarm['message']}"]
    log = json.loads((tmp_path / "run/log").read_text())
    assert [entry["alarms"] > 0 for entry in log][0] is False
    assert any(entry["alarms"] > 0 for entry in log)


def test_a_healthy_game_raises_no_alarm(make_run, drawn_faces, tmp_path):
    make_run(faces=drawn_faces, adam_alpha_gen=2e-5, adam_alpha_dis=2e-5, **GAME).train()
    assert read_alarms(tmp_path / "run") == []
    log = json.loads((tmp_path / "run/log").read_text())
    assert len(log) == 6 and all(entry["alarms"] == 0 for entry in log)


def test_a_critic_is_never_told_to_win_but_collapse_is(make_run, monkeypatch, tmp_path):
    deviations = iter([0.4, 0.39, 0.05])
    monkeypatch.setattr(balance, "measure", lambda *_: {"deviation": next(deviations)})
    make_run(algorithm="dragan", loss="wasserstein", iterations=6, log_every=2).train()
    assert [(a["iteration"], a["alarm"]) for a in read_alarms(tmp_path / "run")] == [(6, COLLAPSE)]
    entry = json.loads((tmp_path / "run/log").read_text())[-1]
    assert "critic_real" in entry and "accuracy_real" not in entry


def test_collapse_is_told(make_run, monkeypatch, tmp_path):
    deviations = iter([0.4, 0.39, 0.05])
    monkeypatch.setattr(balance, "measure", lambda *_: {"deviation": next(deviations)})
    make_run(iterations=6, log_every=2).train()
    assert [(a["iteration"], a["alarm"]) for a in read_alarms(tmp_path / "run")] == [(6, COLLAPSE)]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_measuring_changes_no_bit_of_training(make_run, algorithm):
    watched, unwatched = make_run("a", algorithm=algorithm), make_run("b", algorithm=algorithm)
    unwatched.trainer._extensions.pop("Balance")
    for run in (watched, unwatched):
        run.train()
    expected = state_of(unwatched)
    found = state_of(watched)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        np.testing.assert_array_equal(found[key], value, err_msg=key)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_measured_values_are_in_the_log(make_run, algorithm, tmp_path):
    make_run(algorithm=algorithm, log_every=2).train()
    entries = json.loads((tmp_path / "run/log").read_text())
    keys = {"gradient_norm", "deviation", "alarms", "sigma_l4"}
    assert [keys <= entry.keys() for entry in entries] == [True, True]


def test_gradient_norm_is_that_of_each_image_by_finite_differences(make_run, rng):
    run = make_run(algorithm="dragan")
    dis = run.dis
    for param in dis.params():
        param.array[...] *= 5  # a gradient that finite differences can see
    x = rng.uniform(-1, 1, (3, 3, 16, 16)).astype(np.float32)
    norms = []
    for image in x:
        moves = 0.01 * np.eye(image.size, dtype=np.float32).reshape(-1, *image.shape)
        with chainer.no_backprop_mode():
            y_up, y_down = dis(image + moves).array, dis(image - moves).array
        gradient = (np.log1p(np.exp(-y_up)) - np.log1p(np.exp(-y_down))) / 0.02
        norms.append(np.linalg.norm(gradient))
    assert gradient_norm(run.updater.image_loss, x) == pytest.approx(np.mean(norms), rel=0.02)


@pytest.mark.parametrize("shape", [(16, 8, 4, 4), (1, 64), (5, 3)])
def test_largest_singular_value_is_numpys(rng, shape):
    weight = rng.normal(size=shape).astype(np.float32)
    expected = np.linalg.svd(weight.reshape(shape[0], -1), compute_uv=False)[0]
    assert largest_singular_value(weight) == pytest.approx(expected, rel=2e-3)


def test_spectral_normalisation_acts_with_a_singular_value_of_one(make_run):
    run = make_run(iterations=20)
    run.train()
    layer = run.dis.c0_1
    with chainer.using_config("train", False):
        u = layer.W_u.copy()
        measured = measure(run.updater, run.gen.make_hidden(4, np.random.RandomState(0)))
        np.testing.assert_array_equal(layer.W_u, u)
        assert largest_singular_value(acting_weight(layer)) == measured["sigma_c0_1"]
    assert measured["sigma_c0_1"] == pytest.approx(1, abs=0.2)
    assert abs(largest_singular_value(layer.W.array) - 1) > 0.3


def test_a_resumed_run_raises_what_an_unbroken_one_does(make_run, drawn_faces, tmp_path):
    given = dict(faces=drawn_faces, algorithm="dcgan", batch_size=16, adam_alpha_dis=5e-3)
    given.update(adam_alpha_gen=1e-5, log_every=30, snapshot_every=35 / 13)
    whole = make_run("whole", iterations=120, **given)
    whole.train()
    assert read_alarms(tmp_path / "whole")
    make_run("part", iterations=35, **given).train()
    second = make_run("part", iterations=120, **given)
    assert second.resume()
    second.train()
    assert read_alarms(tmp_path / "part") == read_alarms(tmp_path / "whole")
    np.testing.assert_array_equal(*(alarm_state(run) for run in (whole, second)))


def alarm_state(run):
    serializer = chainer.serializers.DictionarySerializer()
    run.trainer.get_extension("Balance").serialize(serializer)
    return np.concatenate([np.ravel(value) for _, value in sorted(serializer.target.items())])


def test_alarms_of_iterations_that_come_again_are_forgotten(make_run, tmp_path):
    path = tmp_path / "run/alarms.jsonl"
    make_run(iterations=2).train()
    lines = [{"iteration": i, "alarm": COLLAPSE, "message": "x"} for i in (1, 2, 3, 4)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run = make_run(iterations=4)
    run.resume()
    run.train()
    assert [alarm["iteration"] for alarm in read_alarms(path.parent)] == [1, 2]


def test_reading_waits_until_it_is_time(make_run):
    run = make_run(iterations=5, log_every=4)
    extension = run.trainer.get_extension("Balance")
    run.train()
    # 5 was read too, because the last snapshot asked for a state that has seen it
    assert extension._alarm._n_updates == 5
