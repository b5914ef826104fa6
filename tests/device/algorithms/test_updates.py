"""Iterations on the device: equal to the CPU's, and nothing crosses to the host and back."""

import re

import cupy
import numpy as np
import pytest

from chainer_gan_anime.common.noise import draw_uniform
from chainer_gan_anime.kernels.cuda import fast_kernels
from tests.device.small_runs import (
    BATCH_SIZE,
    CASES,
    REGISTERED,
    VOCABULARY,
    host_state,
    small_settings,
    small_updater,
    take_own_noise,
    update,
)

SETTINGS = [
    pytest.param(algorithm, variant, {}, True, id=f"{algorithm}-{variant}")
    for algorithm, variant in CASES
] + [
    pytest.param("dragan", "B", {"n_dis": 2, "perturb_std": "scalar"}, True, id="dragan-scalar"),
    pytest.param("sngan", "B", {"power_iteration": "forward"}, True, id="sngan-forward"),
    pytest.param("sngan", "A", {"loss": "hinge", "fresh_fakes": True}, True, id="sngan-hinge"),
    pytest.param("dragan", "srresnet", {"image_size": 32}, True, id="dragan-srresnet"),
    pytest.param("dcgan", "A", {}, False, id="dcgan-stock"),
    pytest.param("dragan", "A", {}, False, id="dragan-stock"),
    pytest.param("sngan", "B", {}, False, id="sngan-stock"),
]


def is_bias_before_batch_normalisation(name, state):
    """Its gradient is zero but for rounding, of which Adam makes steps of either sign."""
    model, *link, parameter = name.split("/")
    return parameter == "b" and f"{model}/{re.sub('^[a-z]+', 'bn', link[0])}/avg_mean" in state


@pytest.mark.parametrize(("algorithm", "variant", "more", "fast"), SETTINGS)
def test_iterations_equal_those_on_the_cpu(algorithm, variant, more, fast):
    settings = small_settings(algorithm, variant, **more)
    on_host = small_updater(settings, "@numpy")
    on_device = small_updater(settings, "@cupy:0")
    for _ in range(3):
        expected, seen = update(on_host), update(on_device, fast)
        assert {"loss_gen", "loss_dis"} <= set(expected)
        assert set(REGISTERED[algorithm].log_keys) <= set(expected)
        assert seen == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert all(isinstance(p.array, cupy.ndarray) for p in on_device.dis.params())
    expected, seen = host_state(on_host), host_state(on_device)
    assert set(seen) == set(expected)
    for name, value in expected.items():
        if is_bias_before_batch_normalisation(name, expected):
            continue
        np.testing.assert_allclose(seen[name], value, rtol=0, atol=1e-4, err_msg=name)


@pytest.mark.parametrize(("algorithm", "variant"), CASES)
def test_an_iteration_reads_nothing_back(counting, algorithm, variant):
    settings = small_settings(algorithm, variant)
    updater = small_updater(settings, "@cupy:0")
    take_own_noise(updater)
    with fast_kernels():
        updater.update()  # Adam's moments are made in the first one
        with counting() as seen:
            updater.update()
    assert (seen.d2h_calls, seen.synchronisations) == (0, 0)
    picks = ((BATCH_SIZE,), "int64")
    n, n_tags = settings.n_dis, len(VOCABULARY) if algorithm == "acgan" else 0
    latents = ((BATCH_SIZE, settings.n_hidden + n_tags, 1, 1), "float32")
    tags = {((BATCH_SIZE, n_tags), "int32"): 2} if n_tags else {}  # of reals and of fakes
    n_latents = 2 * n if algorithm == "cramer" else n
    assert seen.h2d_shapes == {latents: n_latents, picks: n, **tags}


def test_noise_of_the_device_is_uniform_and_follows_its_stream():
    like = cupy.empty((64, 3, 16, 16), np.float32)

    def draw(seed):
        return draw_uniform(np.random.RandomState(seed), like).get()

    noise = draw(0)
    assert noise.dtype == np.float32
    assert noise.min() >= 0
    assert noise.max() < 1
    assert abs(noise.mean() - 1 / 2) < 4 * np.sqrt(1 / 12 / noise.size)
    assert abs(noise.var() - 1 / 12) < 1e-3
    histogram = np.histogram(noise, 16, (0, 1))[0] / noise.size
    assert abs(histogram - 1 / 16).max() < 5 * np.sqrt(1 / 16 / noise.size)
    neighbours = np.corrcoef(noise.ravel()[1:], noise.ravel()[:-1])[0, 1]
    assert abs(neighbours) < 5 / np.sqrt(noise.size)
    np.testing.assert_array_equal(noise, draw(0))
    assert abs(np.corrcoef(noise.ravel(), draw(1).ravel())[0, 1]) < 5 / np.sqrt(noise.size)
