import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.algorithms.presets import resolve, scaled_alphas
from chainer_gan_anime.algorithms.registry import make_discriminator
from crawler.shared.errors import UserError


def alphas(algorithm, **given):
    settings = resolve(algorithm, "x", **given)
    return settings.adam_alpha_gen, settings.adam_alpha_dis


def test_full_width_keeps_the_presets_steps():
    assert scaled_alphas(1e-4, 2e-4, 512, "none") == dict(adam_alpha_gen=1e-4, adam_alpha_dis=2e-4)
    assert alphas("dragan", scale_alpha=True) == (1e-4, 1e-4)


def test_steps_grow_as_the_net_narrows():
    assert alphas("dcgan", ch=64, scale_alpha=True) == (2.8e-4, 2.8e-4)
    # Only DRAGAN's D has nothing that takes the weights' size out again.
    assert alphas("dragan", ch=64, scale_alpha=True) == (2.8e-4, 8e-4)
    assert alphas("dcgan", ch=32, scale_alpha=True, preset="upstream") == (8e-4, 8e-4)


def test_spectral_normalisation_keeps_the_steps():
    assert alphas("sngan", ch=64, scale_alpha=True) == (1e-4, 1e-4)


def test_a_given_step_is_not_scaled():
    given = dict(ch=64, scale_alpha=True)
    assert alphas("dragan", adam_alpha_dis=3e-4, **given) == (2.8e-4, 3e-4)
    assert alphas("dragan", adam_alpha=3e-4, **given) == (3e-4, 3e-4)
    assert alphas("dragan", ch=64) == (1e-4, 1e-4)


@pytest.mark.parametrize("ch, norm", [(64, 0.00065), (256, 0.0102), (512, 0.042)])
def test_a_narrow_plain_discriminator_starts_nearly_flat(ch, norm):
    dis = make_discriminator(resolve("dragan", "x", ch=ch))
    images = np.random.RandomState(0).uniform(-1, 1, (2, 3, 64, 64)).astype(np.float32)
    x = chainer.Variable(images)
    (gradient,) = chainer.grad([F.sum(dis(x))], [x])
    assert np.sqrt((gradient.array**2).sum(axis=(1, 2, 3))).mean() == pytest.approx(norm, rel=0.3)


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
    assert (s.options.get("lam") == 10) == ("perturb_std" in s.options) == (row[0] == "dragan")


@pytest.mark.parametrize("algorithm", ["dragan", "sngan"])
def test_the_modern_row_turns_levers_on_and_the_faithful_ones_do_not(algorithm):
    modern = resolve(algorithm, "x", "modern")
    assert modern.generator_average == 0.999 and modern.flip
    assert modern.ch == 128 and modern.loss == {"sngan": "hinge", "dragan": "softplus"}[algorithm]
    assert modern.augment == {"sngan": "translation", "dragan": "none"}[algorithm]
    for preset in ("article", "upstream", "paper"):
        s = resolve(algorithm, "x", preset)
        off = (s.lr_decay, s.augment, s.augment_target, s.r1, s.lecam, s.generator_average)
        assert off == (0, "none", 0, 0, 0, 0) and s.standing == 0 and not s.flip


def test_the_modern_rows_steps_are_for_its_own_width():
    given = dict(preset="modern", scale_alpha=True)
    assert alphas("dragan", **given) == (2e-4, 4e-4)
    assert alphas("dragan", ch=512, **given) == (1e-4, 1e-4)
    assert alphas("dragan", ch=64, **given) == (2.8e-4, 8e-4)
    assert alphas("sngan", ch=64, **given) == (2e-4, 6e-4)


def test_a_flag_overrides_one_value():
    base, changed = resolve("sngan", "x"), resolve("sngan", "x", adam_alpha_dis=3e-4, ch=64)
    differing = {k for k, v in base.to_dict().items() if changed.to_dict()[k] != v}
    assert differing == {"adam_alpha_dis", "ch"}


def test_epochs_override_a_presets_iterations():
    assert resolve("sngan", "x", "upstream", epochs=5).iterations is None
    assert resolve("sngan", "x", "upstream", epochs=5, iterations=7).iterations == 7


@pytest.mark.parametrize("algorithm", ["acgan", "began", "cramer", "dfm"])
@pytest.mark.parametrize("lever", [{"augment": "color"}, {"r1": 1.0}, {"lecam": 0.3}])
def test_a_lever_that_a_step_does_not_use_is_refused(algorithm, lever):
    with pytest.raises(UserError, match=f"does not go with {algorithm}"):
        resolve(algorithm, "x", **lever)
