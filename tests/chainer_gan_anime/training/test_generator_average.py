import types

import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.standing import MARKER, standing_statistics
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.runs.npz import SafeNpz
from chainer_gan_anime.training.generator_average import GeneratorAverage, ramped_decay
from chainer_gan_anime.training.run import Run

LARGE_STEPS = dict(algorithm="dragan", adam_alpha=0.02, n_hidden=8)


@pytest.fixture
def trained(make_settings, faces, tmp_path):
    def train(out="run", **given):
        settings = make_settings(**{**LARGE_STEPS, "preview_every": 9, **given})
        run = Run(settings, faces, tmp_path / out, chainer.get_device("@numpy"), lambda text: None)
        run.train()
        return run

    return train


def test_the_decay_rises_to_its_value():
    assert ramped_decay(0.999, 0) == 0.1 and ramped_decay(0.999, 90) == 0.91
    assert ramped_decay(0.9, 80) == 0.9 and ramped_decay(0.9, 10**6) == 0.9


def test_the_average_is_that_of_the_formula(make_settings, rng):
    gen = registry.make_generator(make_settings())
    average = GeneratorAverage(gen, 0.5)
    expected = gen.l0.W.array.copy()
    trainer = types.SimpleNamespace(updater=types.SimpleNamespace())
    for t in range(12):
        gen.l0.W.array += rng.normal(size=gen.l0.W.shape).astype("f")
        trainer.updater.iteration = t + 1
        average(trainer)
        b = min(0.5, (1 + t) / (10 + t))
        expected = b * expected + (1 - b) * gen.l0.W.array
    np.testing.assert_allclose(average.average.l0.W.array, expected, rtol=1e-4, atol=1e-5)


def test_the_file_holds_the_statistics_that_fit_the_averaged_weights(trained):
    run = trained(iterations=12, generator_average=0.9)
    path = run.out / "gen_average_iter_12.npz"
    gen, _ = load_generator(path)
    fit = standing_statistics(gen, np.random.RandomState(5), 64)
    error = np.abs(gen.bn1.avg_var / fit.bn1.avg_var - 1).max()
    copied = np.abs(run.gen.bn1.avg_var / fit.bn1.avg_var - 1).max()
    assert error < 0.1 < 0.3 < copied
    assert SafeNpz(path)[MARKER] == 16


def test_the_average_changes_no_bit_of_the_training(trained):
    plain = trained("plain", iterations=6)
    averaged = trained("averaged", iterations=6, generator_average=0.9, standing=2)
    a, b = (SafeNpz(run.out / "snapshot_iter_6") for run in (plain, averaged))
    keys = [key for key in a if key.startswith("updater/")]
    assert len(keys) > 50
    for key in keys:
        np.testing.assert_array_equal(a[key], b[key], err_msg=key)


def test_a_resumed_average_is_the_same_and_the_ramp_goes_on(trained, make_settings, faces):
    straight = trained("straight", iterations=7, generator_average=0.9)
    trained("parts", iterations=3, generator_average=0.9)
    settings = make_settings(**LARGE_STEPS, preview_every=9, iterations=7, generator_average=0.9)
    out = straight.out.parent / "parts"
    run = Run(settings, faces, out, chainer.get_device("@numpy"), lambda text: None)
    assert run.resume() and run.train()
    for name in ("gen_average_iter_7.npz", "snapshot_iter_7"):
        a, b = SafeNpz(straight.out / name), SafeNpz(out / name)
        for key in a:
            if "average" in name + key:
                np.testing.assert_array_equal(a[key], b[key], err_msg=key)
