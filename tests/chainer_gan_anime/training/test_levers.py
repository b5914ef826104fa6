"""Runs with each lever: resumed ones equal straight ones, and faithful ones pay nothing."""

import dataclasses

import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms.levers import make_levers
from chainer_gan_anime.common import regularisers
from chainer_gan_anime.common.workers import ALONE
from chainer_gan_anime.pretrained import efficientnet
from chainer_gan_anime.runs.npz import SafeNpz
from chainer_gan_anime.runs.snapshots import list_snapshots
from chainer_gan_anime.training.run import Run
from crawler.shared.errors import UserError
from tests.chainer_gan_anime.pretrained.networks import random_network

CASES = {
    "decay": dict(algorithm="sngan", lr_decay=0.8),
    "augment": dict(algorithm="dragan", augment="color,translation,cutout", n_dis=2),
    "adaptive": dict(algorithm="dcgan", augment="color", augment_target=0.6),
    "r1": dict(algorithm="sngan", r1=1.0),
    "lecam": dict(algorithm="sngan", loss="hinge", lecam=0.3),
    "features": dict(algorithm="dragan", feature_dis="efficientnet-lite0", n_dis=2, image_size=32),
}


@pytest.fixture
def make_run(make_settings, faces, tmp_path, monkeypatch):
    monkeypatch.setattr(efficientnet, "pretrained", random_network)

    def make(out, **given):
        settings = make_settings(**{"preview_every": 9, "iterations": 7, **given})
        enlarged = faces.images.repeat(settings.image_size // 16, axis=2)
        enlarged = enlarged.repeat(settings.image_size // 16, axis=3)
        its_faces = dataclasses.replace(faces, images=enlarged)
        return Run(
            settings, its_faces, tmp_path / out, chainer.get_device("@numpy"), lambda text: None
        )

    return make


def state(run):
    npz = SafeNpz(list_snapshots(run.out)[0])
    return {key: npz[key] for key in npz if key.startswith("updater/")}


@pytest.mark.parametrize("name", CASES)
def test_a_resumed_run_equals_an_uninterrupted_one(make_run, monkeypatch, name):
    monkeypatch.setattr(regularisers, "R1_EVERY", 3)
    monkeypatch.setattr(regularisers, "LECAM_START", 2)
    straight = make_run("straight", **CASES[name])
    straight.train()
    first = make_run("parts", **CASES[name])
    first.stop.n_iterations = 3  # stopped on the way, as a signal would
    first.train()
    second = make_run("parts", **CASES[name])
    assert second.resume() and second.train()
    expected, seen = state(straight), state(second)
    assert expected.keys() == seen.keys()
    for key, value in expected.items():
        np.testing.assert_array_equal(seen[key], value, err_msg=key)
    plain = {"lr_decay": 0, "augment": "none", "augment_target": 0, "r1": 0, "lecam": 0}
    plain["feature_dis"] = "none"
    without = make_run("without", **{**CASES[name], **plain})
    without.train()
    key = "updater/model:opt_gen/l0/W"
    assert not np.array_equal(state(without)[key], expected[key])


def test_faithful_runs_call_nothing_of_it(make_run):
    updater = make_run("plain").updater
    assert updater.augmentation is None and not updater.regularisers
    x = np.zeros((1, 3, 16, 16), "f")
    assert updater.augment(x) is x


def test_the_penalty_is_taken_around_what_d_sees(make_run, monkeypatch):
    updater = make_run("run", algorithm="dragan", augment="translation").updater
    seen = []
    monkeypatch.setattr(updater, "penalty", lambda real, fake: seen.append(real) or 0.0)
    judge = updater.judge
    monkeypatch.setattr(
        updater, "judge", lambda real, fake: seen.append(real) or judge(real, fake)
    )
    x = updater.next_batch()
    updater.update_dis(x, x.copy())
    assert seen[0] is seen[1] and not np.array_equal(seen[0], x)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (dict(augment_target=0.6), "leads the strength of --augment"),
        (dict(augment_target=0.6, augment="color", loss="wasserstein"), "reads signs"),
        (dict(lecam=0.3), "made for critics"),
        (dict(augment="colour"), "--augment colour is unknown: take one of none, color"),
    ],
)
def test_what_contradicts_itself_is_said(make_settings, given, sentence):
    with pytest.raises(UserError, match=sentence):
        settings = make_settings(**given)
        make_levers(settings, None, ALONE)
