"""Whole runs on the device: files, log, exact resume, and samples, against the CPU's."""

import json

import numpy as np
import pytest

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.common.steadiness import find_steady_direction
from chainer_gan_anime.runs import npz
from chainer_gan_anime.training.place import choose_device
from tests.device.small_runs import FIRST_AND_REST, read_npz, small_run, take_own_noise


@pytest.mark.parametrize("algorithm", FIRST_AND_REST)
def test_a_run_writes_what_the_cpus_writes(tmp_path, algorithm):
    for device in ("@numpy", "@cupy:0"):
        # Biases in front of a normalisation have no gradient but rounding's, which Adam makes a
        # step of: small steps keep that small on every processor.
        given = dict(generator_average=0.9, adam_alpha_gen=2e-5)
        assert small_run(tmp_path / device[1:5], device, algorithm, **given).train()
    expected, seen = (tmp_path / name for name in ("nump", "cupy"))
    assert {p.name for p in seen.iterdir()} == {p.name for p in expected.iterdir()}
    logs = [json.loads((folder / "log").read_text()) for folder in (seen, expected)]
    assert len(logs[0]) == 2
    for a, b in zip(*logs):
        for line in (a, b):
            line.pop("elapsed_time")
        # Of G in test mode, whose running means lag behind biases that Adam moves by rounding.
        assert a.pop("gradient_norm") == pytest.approx(b.pop("gradient_norm"), rel=2e-3)
        assert a == pytest.approx(b, rel=1e-4, abs=1e-5)
    assert (seen / "preview.png").exists()
    a, b = (read_npz(folder / "gen_iter_4.npz") for folder in (seen, expected))
    for name in {"dc1/W", "bn1/gamma", "dc2/W"} & set(b):
        np.testing.assert_allclose(a[name], b[name], atol=2e-5, err_msg=name)


@pytest.mark.parametrize("algorithm", FIRST_AND_REST)
def test_resuming_is_exact(tmp_path, algorithm):
    """1 + 1 iterations equal 2 bit for bit; DRAGAN with the device's own noise."""

    def train(out, iterations):
        run = small_run(out, "@cupy:0", algorithm, iterations=iterations)
        take_own_noise(run.updater)
        if list(out.glob("snapshot_iter_*")):
            assert run.resume()
        assert run.train()

    train(tmp_path / "at_once", 2)
    train(tmp_path / "in_two", 1)
    train(tmp_path / "in_two", 2)
    expected, seen = (
        read_npz(tmp_path / name / "snapshot_iter_2") for name in ("at_once", "in_two")
    )
    assert set(seen) == set(expected)
    compared = 0
    for name, value in expected.items():
        if name.startswith("updater/") and value.dtype != object:
            np.testing.assert_array_equal(seen[name], value, err_msg=name)
            compared += 1
    assert compared > 20


def test_a_snapshot_of_the_device_goes_on_on_the_cpu(tmp_path):
    small_run(tmp_path, "@cupy:0", iterations=2).train()
    run = small_run(tmp_path, "@numpy", iterations=3)
    assert run.resume()
    assert run.train()


def test_samples_equal_the_cpus(tmp_path):
    run = small_run(tmp_path, "@cupy:0", iterations=1)
    run.train()
    gen: Generator = run.gen
    z = gen.make_hidden(5, np.random.RandomState(0))
    seen, steady = generate(gen, z), find_steady_direction(gen, n=150)
    gen.to_device("@numpy")
    expected = generate(gen, z)
    np.testing.assert_allclose(steady, find_steady_direction(gen, n=150), atol=1e-3)
    assert seen.shape == (5, 3, 16, 16)
    assert seen.dtype == np.uint8
    assert np.abs(seen.astype(int) - expected).max() <= 1


def transfers_per_iteration(run, counting):
    """Train, and return how often each iteration but the last waited for the device, and when."""
    update, waits = run.updater.update, {}

    def look_and_update():
        waits[run.updater.iteration] = seen.synchronisations, seen.d2h_calls
        update()

    run.updater.update = look_and_update
    with counting() as seen:
        run.train()
    return dict(zip(list(waits)[1:], np.diff(list(waits.values()), axis=0).tolist()))


@pytest.mark.parametrize("algorithm", FIRST_AND_REST)
def test_the_host_hears_of_the_device_only_when_the_log_is_written(tmp_path, counting, algorithm):
    """Once each for the losses' check, the alarm with its measurements, and the log."""
    given = {"preview_every": 100, "snapshot_every": 100}
    waits = transfers_per_iteration(
        small_run(tmp_path, "@cupy:0", algorithm, iterations=5, **given), counting
    )
    assert list(waits) == list(range(1, 5))
    assert {i: w for i, w in waits.items() if any(w)} == {2: [3, 3], 4: [3, 3]}
    assert "gradient_norm" in json.loads((tmp_path / "log").read_text())[0]


def test_a_resumed_run_reads_at_the_same_iterations(tmp_path, counting):
    given = {"log_every": 4, "preview_every": 100}
    small_run(tmp_path, "@cupy:0", iterations=2, **given).train()
    run = small_run(tmp_path, "@cupy:0", iterations=9, **given)
    assert run.resume()
    waits = transfers_per_iteration(run, counting)
    assert [i for i, w in waits.items() if any(w)] == [4, 8]


def test_device_0_is_chosen_and_named():
    device, sentence = choose_device(None)
    assert device.name == "@cupy:0"
    assert "device 0" in sentence


def test_models_load_on_either_side(tmp_path):
    run = small_run(tmp_path, "@cupy:0", iterations=1)
    run.train()
    path = tmp_path / "gen_iter_1.npz"
    before = run.gen.dc1.W.array.get()
    run.gen.dc1.W.array.fill(0)
    npz.load(path, run.gen)
    np.testing.assert_array_equal(run.gen.dc1.W.array.get(), before)
