import json

import pytest

from chainer_gan_anime import settings as settings_module
from chainer_gan_anime.settings import Settings, resolve
from crawler.errors import UserError

# The table of presets, as the sources have it.
PRESETS = [
    # algorithm, preset, variant, batch, n_hidden, z, sampling, n_dis, alpha, beta1, beta2
    ("sngan", "article", "A", 100, 100, "uniform", "replacement", 1, 1e-4, 0.5, 0.999),
    ("sngan", "upstream", "B", 64, 128, "uniform", "shuffle", 1, 2e-4, 0.5, 0.999),
    ("sngan", "paper", "paper", 64, 128, "normal", "shuffle", 1, 2e-4, 0.5, 0.999),
    ("dragan", "article", "A", 100, 100, "uniform", "replacement", 1, 1e-4, 0.5, 0.999),
    ("dragan", "upstream", "B", 64, 128, "uniform", "shuffle", 2, 1e-4, 0.0, 0.9),
    ("dragan", "paper", "paper", 64, 128, "normal", "shuffle", 1, 1e-4, 0.5, 0.9),
    ("dcgan", "article", "A", 100, 100, "uniform", "replacement", 1, 1e-4, 0.5, 0.999),
    ("dcgan", "upstream", "B", 64, 128, "uniform", "shuffle", 1, 2e-4, 0.0, 0.9),
    ("dcgan", "paper", "paper", 128, 128, "normal", "shuffle", 1, 2e-4, 0.5, 0.999),
]


@pytest.mark.parametrize("row", PRESETS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_presets(row):
    s = resolve(row[0], "x", row[1])
    got = (s.algorithm, s.preset, s.variant, s.batch_size, s.n_hidden, s.z_distribution)
    got += (s.sampling, s.n_dis, s.adam_alpha_gen, s.adam_beta1, s.adam_beta2)
    assert got == row and s.adam_alpha_dis == s.adam_alpha_gen
    assert (s.epochs, s.iterations)[row[1] != "article"] == (350, 100_000)[row[1] != "article"]
    assert (s.lam == 10) == (s.perturb_std is not None) == (row[0] == "dragan")


def test_a_flag_overrides_one_value():
    base, changed = resolve("sngan", "x"), resolve("sngan", "x", adam_alpha_dis=3e-4, ch=64)
    differing = {k for k, v in base.to_dict().items() if changed.to_dict()[k] != v}
    assert differing == {"adam_alpha_dis", "ch"}


def test_epochs_override_a_presets_iterations():
    assert resolve("sngan", "x", "upstream", epochs=5).iterations is None
    assert resolve("sngan", "x", "upstream", epochs=5, iterations=7).iterations == 7


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
        (dict(adam_alpha=float("nan")), "--adam-alpha-gen nan"),
        (dict(loss="wasserstein"), "--loss wasserstein is unknown: take one of softplus, hinge"),
        (dict(power_iteration="never"), "--power-iteration never is unknown"),
        (dict(lam=1.0), "--lam is no option of sngan"),
    ],
)
def test_bad_values_are_refused(given, sentence):
    with pytest.raises(UserError, match=sentence):
        resolve("sngan", "x", **given)


def test_settings_come_back_from_their_file(tmp_path):
    settings = resolve("dragan", "x", lam=5.0)
    settings_module.save(tmp_path / "settings.json", settings, {"data": {"images": 3}})
    loaded, facts = settings_module.load(tmp_path / "settings.json")
    assert loaded == settings and facts == {"data": {"images": 3}}


@pytest.mark.parametrize("text", ["{", "[]", '{"settings": {"nosuch": 1}}', "{}"])
def test_a_foreign_file_is_refused(tmp_path, text):
    (tmp_path / "settings.json").write_text(text)
    with pytest.raises(UserError, match="is not a settings file of this version"):
        settings_module.load(tmp_path / "settings.json")


def test_differences_leave_length_and_the_datas_name_out():
    a = resolve("sngan", "x", epochs=1, seed=1)
    assert a.differences(resolve("sngan", "y", epochs=2, seed=1)) == []
    assert a.differences(resolve("sngan", "x", epochs=1, seed=2)) == ["--seed: 1 before, 2 now"]


def test_every_field_has_help():
    assert all(field.metadata["help"] for field in Settings.__dataclass_fields__.values())
    json.dumps(resolve("dcgan", "x").to_dict())  # and can be written
