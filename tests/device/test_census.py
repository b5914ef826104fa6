"""What an iteration asks of the device, against the goals, and that the census counts right."""

import dataclasses

import chainer
import chainer.functions as F
import chainer.links as L
import cupy
import numpy as np
import pytest

from tests.device.small_runs import VARIANTS, small_settings

if not hasattr(cupy, "is_hostcupy"):
    pytest.skip("a GPU does not count", allow_module_level=True)

from experiments.bench import census, reference

N_HIDDEN_DECONVOLUTIONS = {"A": 2, "B": 4}  # at 16x16: weights of G's deconvolutions
N_CONVOLUTIONS = {"A": 2, "B": 7}  # of D's convolutions


@pytest.fixture(params=[(a, v) for a in ("dragan", "sngan") for v in VARIANTS], scope="module")
def counted(request):
    """Settings, our figures and the plain trainer's."""
    settings = small_settings(*request.param)
    ours, _ = census.take_census(census.count_ours, settings)
    plain, _ = census.take_census(census.count_reference, settings)
    return settings, ours, plain


def test_no_image_crosses(counted):
    settings, ours, plain = counted
    assert ours["of which images"] == 0
    image_bytes = 4 * 3 * settings.image_size**2
    assert plain["of which images"] == settings.batch_size * image_bytes
    latents, indices = 4 * settings.n_hidden, 8
    assert ours["bytes host to device"] == settings.batch_size * (latents + indices)


def test_nothing_is_read_back_or_waited_for(counted):
    _, ours, _ = counted
    assert ours["bytes device to host"] == 0
    assert ours["waits for the device"] == 0


def test_gs_step_computes_gs_weight_gradients_alone(counted):
    settings, ours, _ = counted
    expected = N_HIDDEN_DECONVOLUTIONS[settings.variant]
    assert ours["G's step: weight gradients of convolutions"] == expected


def test_ds_step_computes_ds_weight_gradients_alone(counted):
    """Those of the loss, and with DRAGAN those of the penalty; none of G's."""
    settings, ours, plain = counted
    times = 2 if settings.algorithm == "dragan" else 1
    expected = times * N_CONVOLUTIONS[settings.variant]
    assert ours["D's step: weight gradients of convolutions"] == expected
    assert ours["weight gradients of convolutions"] < plain["weight gradients of convolutions"]


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("algorithm", ["dragan", "sngan"])
def test_launches_are_at_most_half_of_the_plain_ones(algorithm, variant):
    """At the article's image size; smaller nets have fewer layers to save launches in."""
    settings = small_settings(algorithm, variant, image_size=64)
    ours, _ = census.take_census(census.count_ours, settings)
    plain, _ = census.take_census(census.count_reference, settings)
    assert ours["launches"] <= plain["launches"] / 2


def test_less_is_computed_than_plainly(counted):
    _, ours, plain = counted
    for name in ("launches", "MFLOP of matrix products", "convolutions of any kind"):
        assert ours[name] < plain[name]


def test_figures_extend_exactly_to_other_batches():
    settings = dataclasses.replace(small_settings("sngan", "A"), batch_size=7)
    extended, _ = census.take_census(census.count_ours, settings)
    shape = (census.N_BATCHES * 7, 3, 16, 16)
    images = np.zeros(shape, np.uint8)
    given = dataclasses.replace(settings, iterations=census.N_ITERATIONS)
    assert census.figures(census.count_ours(given, images)) == extended


@pytest.mark.parametrize("algorithm", sorted(set(census.ALGORITHMS) - set(census.REFERENCED)))
def test_what_has_no_plain_trainer_is_counted_alone(algorithm):
    settings = dataclasses.replace(small_settings(algorithm, "A"), batch_size=8)
    extended, _ = census.take_census(census.count_ours, settings)
    given = dataclasses.replace(settings, iterations=census.N_ITERATIONS)
    images = np.zeros((census.N_BATCHES * 8, 3, 16, 16), np.uint8)
    assert census.figures(census.count_ours(given, images)) == extended
    assert extended["of which images"] == extended["bytes device to host"] == 0
    assert extended["waits for the device"] == 0


def test_the_plain_gradient_by_hand_is_the_gradient():
    settings = small_settings("dragan", "B")
    updater = census.make_reference(settings, np.zeros((6, 3, 16, 16), np.uint8), census.DEVICE)
    x = chainer.Variable(cupy.asarray(np.random.RandomState(0).rand(2, 3, 16, 16).astype("f")))
    y, inputs = reference.judge(updater.dis, x)
    (expected,) = chainer.grad([F.sum(y)], [x])
    seen = reference.gradient_by_hand(updater.dis, inputs)
    np.testing.assert_allclose(seen.array.get(), expected.array.get(), rtol=1e-4, atol=1e-9)


def test_the_plain_spectral_norm_reaches_the_largest_singular_value():
    link = L.Linear(6, 5)
    link.add_hook(reference.SpectralNormPerForward())
    link.to_device(census.DEVICE)
    x = cupy.eye(6, dtype="f")
    for _ in range(100):
        y = link(x).array - link.b.array
    assert np.linalg.svd(y.get())[1][0] == pytest.approx(1, rel=1e-3)
