import json

import pytest

from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.settings import setting_fields
from crawler.shared.errors import UserError


def test_the_articles_lengths():
    assert resolve("sngan", "getchu").count_iterations(25_000) == 87_500
    assert resolve("sngan", "safebooru").count_iterations(50_000) == 175_000
    # Each step of D eats a batch, so the same epochs hold half as many updates of G.
    assert resolve("dragan", "getchu", n_dis=2).count_iterations(25_000) == 43_750


@pytest.mark.parametrize(
    "given, sentence",
    [
        (dict(n_dis=0), "--n-dis 0 is too small: take at least 1"),
        (dict(adam_beta2=1.0), "--adam-beta2 1.0 is too large"),
        (dict(adam_alpha=float("nan")), "--adam-alpha nan"),
        (dict(adam_alpha=-1.0), "--adam-alpha -1.0 is too small"),
        (dict(epochs=float("inf")), "--epochs inf"),
        (dict(seed=2**32), "--seed 4294967296 is too large: stay below 4294967296"),
        (dict(loss="l2"), "--loss l2 is unknown: take one of softplus, hinge, wasserstein"),
        (dict(power_iteration="never"), "--power-iteration never is unknown"),
        (dict(lam=1.0), "--lam is no option of sngan"),
    ],
)
def test_bad_values_are_refused(given, sentence):
    with pytest.raises(UserError, match=sentence):
        resolve("sngan", "x", **given)


def test_differences_leave_length_and_the_datas_name_out():
    a = resolve("sngan", "x", epochs=1, seed=1)
    assert a.differences(resolve("sngan", "y", epochs=2, seed=1)) == []
    assert a.differences(resolve("sngan", "x", epochs=1, seed=2)) == ["--seed: 1 before, 2 now"]


def test_every_field_has_help():
    assert all(field.metadata["help"] for field in setting_fields())
    json.dumps(resolve("dcgan", "x").to_dict())  # and can be written


def test_what_only_watches_may_change():
    a = resolve("sngan", "x", log_every=10, preview_every=1, keep_snapshots=2)
    b = resolve("sngan", "x", log_every=20, preview_every=3, keep_snapshots=1, evaluate_every=2)
    assert a.differences(b) == []
    c = resolve("sngan", "x", adam_alpha=3e-4)
    assert len(a.differences(c)) == 2


def test_an_options_change_is_a_difference():
    a, b = resolve("dragan", "x"), resolve("dragan", "x", lam=5.0)
    assert a.differences(b) == ["--lam: 10.0 before, 5.0 now"]
    with pytest.raises(UserError, match="--perturb-std row is unknown"):
        resolve("dragan", "x", perturb_std="row")


@pytest.mark.parametrize("n_dis", [1, 2])
def test_epochs_and_iterations_are_inverse(n_dis):
    settings = resolve("dragan", "x", batch_size=30, n_dis=n_dis)
    assert settings.to_epochs(settings.to_iterations(12, 1000), 1000) == 12
