import dataclasses
import json

import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.narrowing import narrow_to_steady
from chainer_gan_anime.runs.finished import load_run
from chainer_gan_anime.runs.npz import SafeNpz, load, save
from chainer_gan_anime.runs.published import publish_run
from chainer_gan_anime.runs.records import load_settings
from chainer_gan_anime.runs.starting_weights import load_starting_weights
from crawler.shared.errors import UserError


@pytest.fixture
def settings(trained_run):
    return load_settings(trained_run)[0]


@pytest.fixture
def models(settings):
    settings = dataclasses.replace(settings, seed=5)
    return {
        "gen": registry.make_generator(settings),
        "dis": registry.make_discriminator(settings),
    }


def assert_loaded(path, model, tolerance=0.0):
    npz = SafeNpz(path)
    for name, param in model.namedparams():
        np.testing.assert_allclose(param.array, npz[name.lstrip("/")], rtol=tolerance, atol=1e-6)
    npz.close()


def test_the_newest_nets_of_a_run_are_loaded(trained_run, settings, models):
    start = load_starting_weights(trained_run, models, settings)
    for name, model in models.items():
        assert_loaded(trained_run / f"{name}_iter_6.npz", model)
    assert start["run"] == "run" and start["iteration"] == 6 and len(start["sha256"]) == 64


def test_a_published_folder_does_as_well(trained_run, settings, models, tmp_path):
    folder = publish_run(load_run(trained_run), tmp_path / "out")
    start = load_starting_weights(folder, models, settings)
    assert start["iteration"] == 6
    for name, model in models.items():
        assert_loaded(trained_run / f"{name}_iter_6.npz", model, tolerance=1e-3)
        assert all(param.dtype == np.float32 for param in model.params())


def test_a_torn_or_missing_net_sends_it_to_an_earlier_iteration(trained_run, settings, models):
    torn = trained_run / "dis_iter_6.npz"
    torn.write_bytes(torn.read_bytes()[:-300])
    assert load_starting_weights(trained_run, models, settings)["iteration"] == 3
    torn.unlink()
    assert load_starting_weights(trained_run, models, settings)["iteration"] == 3
    assert_loaded(trained_run / "dis_iter_3.npz", models["dis"])


def test_a_folder_without_a_discriminator_is_refused(trained_run, settings, models):
    for path in trained_run.glob("dis_iter_*.npz"):
        path.unlink()
    with pytest.raises(UserError, match="no iteration of which gen_iter_N.npz, dis_iter_N.npz"):
        load_starting_weights(trained_run, models, settings)


def test_a_discriminator_on_features_that_the_run_lacks_begins_anew(trained_run, settings, models):
    models["feature_dis"] = chainer.links.Linear(2, 2)
    before = models["feature_dis"].W.array.copy()
    start = load_starting_weights(trained_run, models, settings)
    assert start["iteration"] == 6 and start["anew"] == ["feature_dis"]
    np.testing.assert_array_equal(models["feature_dis"].W.array, before)
    other = chainer.links.Linear(2, 2)
    save(trained_run / "feature_dis_iter_3.npz", other)
    assert load_starting_weights(trained_run, models, settings)["iteration"] == 3
    np.testing.assert_array_equal(models["feature_dis"].W.array, other.W.array)
    settings = dataclasses.replace(settings, feature_dis="efficientnet-lite0")
    assert load_starting_weights(trained_run, models, settings)["anew"] == ["feature_dis"]


def test_other_nets_are_refused_and_listed(trained_run, settings, models):
    for change, words in (
        (dict(ch=12), "ch 8, not 12"),
        (dict(algorithm="dragan", z_distribution="normal"), "sngan, not dragan; z distribution"),
    ):
        with pytest.raises(UserError, match=words):
            load_starting_weights(trained_run, models, dataclasses.replace(settings, **change))
    path = trained_run / "settings.json"
    facts = json.loads(path.read_text())
    facts["data"]["tags"] = {"tags": ["red hair"]}
    path.write_text(json.dumps(facts))
    with pytest.raises(UserError, match="other tags"):
        load_starting_weights(trained_run, models, settings)


def test_wider_nets_begin_as_the_runs_own_widened(trained_run, settings):
    wider = dataclasses.replace(settings, ch=16, seed=5)
    models = {"gen": registry.make_generator(wider), "dis": registry.make_discriminator(wider)}
    start = load_starting_weights(trained_run, models, wider)
    assert start["iteration"] == 6 and start["widened_from_ch"] == settings.ch == 8
    gen = registry.make_generator(settings)
    load(trained_run / "gen_iter_6.npz", gen)
    z = gen.make_hidden(8)
    with chainer.using_config("train", False):
        expected, actual = gen(z).array, models["gen"](z).array
    error = np.square(actual - expected).mean()
    assert 0 < error < 0.1 * expected.var()


def test_the_generator_is_narrowed_to_steady_latents(trained_run, settings, models):
    given = dict(start_from=str(trained_run), seed=5)
    narrowed = dataclasses.replace(settings, **given, start_steady=0.2)
    start = load_starting_weights(trained_run, models, narrowed)
    assert start["steady"] == 0.2
    assert_loaded(trained_run / "dis_iter_6.npz", models["dis"])
    gen = registry.make_generator(settings)
    load(trained_run / "gen_iter_6.npz", gen)
    narrow_to_steady(gen, 0.2, seed=5)
    for (name, expected), (_, param) in zip(gen.namedparams(), models["gen"].namedparams()):
        np.testing.assert_array_equal(param.array, expected.array, err_msg=name)
    with pytest.raises(UserError, match="0.001 is out of range"):
        load_starting_weights(
            trained_run, models, dataclasses.replace(narrowed, start_steady=0.001)
        )
    with pytest.raises(UserError, match="--start-steady narrows the G that --start-from loads"):
        dataclasses.replace(settings, start_steady=0.2)


def test_channels_that_are_no_multiple_are_refused(trained_run, settings, models):
    for ch in (4, 12):
        with pytest.raises(UserError, match=f"ch 8, not {ch}"):
            load_starting_weights(trained_run, models, dataclasses.replace(settings, ch=ch))


def test_what_is_no_run_is_refused(tmp_path, settings, models):
    with pytest.raises(UserError, match="does not exist: give the folder of a run"):
        load_starting_weights(tmp_path, models, settings)
