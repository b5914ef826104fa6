"""The options of the device: mixed precision, TF32, cuDNN's, and shared batch normalisation."""

import json
import os
import subprocess
import sys

import chainer
import chainer.functions as F
import chainer.links as L
import cupy
import numpy as np
import pytest

from chainer_gan_anime.common import regularisers
from chainer_gan_anime.common.mixed_precision import HalfPrecision, use_half_precision
from chainer_gan_anime.common.multi_node_bn import MultiNodeBatchNormalization
from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.kernels.cuda import fast_kernels
from chainer_gan_anime.pretrained import efficientnet
from chainer_gan_anime.runs import npz
from chainer_gan_anime.training.place import apply_options
from chainer_gan_anime.training.run import Run
from crawler.shared.errors import UserError
from tests.chainer_gan_anime.pretrained.networks import random_network
from tests.device.small_runs import (
    IN_HALF,
    REGISTERED,
    draw_images,
    host_state,
    small_settings,
    small_updater,
    take_own_noise,
    update,
)

DEVICE = chainer.get_device("@cupy:0")
CASES = [(algorithm, variant) for algorithm in IN_HALF for variant in "AB"]


class Dtypes(chainer.FunctionHook):
    """Notes the dtypes that each kind of function computes with."""

    def __init__(self):
        self.seen = {}

    def forward_preprocess(self, function, arrays):
        self.seen.setdefault(function.label, set()).update(a.dtype.name for a in arrays)


def mixed_updater(algorithm, variant="A", **given):
    return small_updater(small_settings(algorithm, variant, dtype="mixed16", **given), DEVICE)


def gradients(updater):
    nets = {"gen": updater.gen, "dis": updater.dis}
    return {n + name: p.grad.get() for n, m in nets.items() for name, p in m.namedparams()}


@pytest.mark.parametrize(("algorithm", "variant"), CASES)
def test_mixed_precision_computes_what_single_does_but_for_its_digits(algorithm, variant):
    single = small_updater(small_settings(algorithm, variant), DEVICE)
    mixed = mixed_updater(algorithm, variant)
    for optimizer in mixed.get_all_optimizers().values():
        optimizer._loss_scale = 64.0  # where it gets to within 6 iterations
    if REGISTERED[algorithm].normalisation == "none":
        # Nothing normalises D's small layers, and gradients would vanish.
        for updater in (single, mixed):
            for link in updater.dis.children():
                link.W.array *= 5
    hook = Dtypes()
    for i in range(2):
        expected = update(single)
        with hook:
            seen = update(mixed)
        assert seen["loss_gen"] == pytest.approx(expected["loss_gen"], rel=2e-2)
        assert seen["loss_dis"] == pytest.approx(expected["loss_dis"], rel=2e-2)
        if "loss_gp" in expected:
            assert seen["loss_gp"] == pytest.approx(expected["loss_gp"], rel=2e-2)
        if i > 0:
            continue  # Adam has made steps of either sign where a gradient is rounding
        # Adam divides a wrong scale away, so the gradients themselves are compared.
        halved = gradients(mixed)
        for name, gradient in gradients(single).items():
            if name.endswith("W"):  # many a bias has none but rounding
                size = np.sqrt((gradient**2).mean())
                error = np.sqrt(((halved[name] - gradient) ** 2).mean())
                assert error < 0.25 * size, name
    for layer in ("Convolution2DFunction", "Deconvolution2DFunction", "LinearFunction"):
        assert hook.seen[layer] == {"float16"}, layer
    assert {v.dtype.name for v in host_state(mixed).values() if v.dtype.kind == "f"} == {"float32"}


def test_spectral_norm_is_taken_in_single_precision():
    mixed = mixed_updater("sngan")
    hook = Dtypes()
    with hook:
        update(mixed)
    assert hook.seen["SpectralNormalise"] == {"float32"}
    assert mixed.dis.c0_0.W_u.dtype == np.float32


def test_tiny_gradients_reach_the_penalty():
    """A young D's gradient at a pixel is below what float16 can hold, but not when scaled."""
    mixed = mixed_updater("dragan")
    for updater in (mixed, single := small_updater(small_settings("dragan", "A"), DEVICE)):
        updater.dis.l4.W.array *= 1e-4
    norms = []
    for updater in (mixed, single):
        x = cupy.asarray(np.random.RandomState(0).uniform(-1, 1, (6, 3, 16, 16)).astype("f"))
        with fast_kernels():
            loss = updater.penalty(x, None)
        norms.append(1 - np.sqrt(float(loss.array) / updater.lam))
    assert norms[1] < 1e-4
    assert norms[0] == pytest.approx(norms[1], rel=0.05, abs=2e-6)


def test_an_overflow_skips_the_step_and_halves_the_loss_scale():
    mixed = mixed_updater("sngan")
    optimizer = mixed.get_optimizer("opt_dis")
    update(mixed)
    assert optimizer._loss_scale == 2  # doubled after each good step until the first bad one
    before = mixed.dis.l4.W.array.copy()
    optimizer._loss_scale = 1e9
    with pytest.warns(UserWarning, match="Non finite number found"):
        update(mixed)
    assert optimizer._loss_scale == 65504  # the half of it, but never above float16's largest
    np.testing.assert_array_equal(mixed.dis.l4.W.array.get(), before.get())
    assert all(np.isfinite(v).all() for v in host_state(mixed).values())


@pytest.mark.parametrize("algorithm", IN_HALF)
def test_resuming_mixed_precision_is_exact(tmp_path, algorithm):
    first, second = mixed_updater(algorithm), mixed_updater(algorithm)
    take_own_noise(first)  # the product's own, whose stream is saved
    take_own_noise(second)
    for _ in range(2):
        update(first)
    npz.save(tmp_path / "snapshot.npz", first)
    npz.load(tmp_path / "snapshot.npz", second)
    assert second.get_optimizer("opt_gen")._loss_scale == 4
    for updater in (first, second):
        update(updater)
    expected, seen = host_state(first), host_state(second)
    for name, value in expected.items():
        np.testing.assert_array_equal(seen[name], value, err_msg=name)


def test_a_run_in_mixed_precision_writes_single(tmp_path):
    settings = small_settings(
        "dragan", "A", dtype="mixed16", iterations=2, log_every=1, generator_average=0.9
    )
    faces = FaceImages(draw_images(12), "noise", "digest")
    run = Run(settings, faces, tmp_path, DEVICE, lambda sentence: None)
    assert run.train()
    assert len(json.loads((tmp_path / "log").read_text())) == 2
    assert (tmp_path / "preview.png").exists()
    with np.load(tmp_path / "gen_average_iter_2.npz") as average:
        with np.load(tmp_path / "gen_iter_2.npz") as newest:
            for name in newest.files:
                assert newest[name].dtype == average[name].dtype
                assert newest[name].dtype != np.float16
        assert not np.array_equal(average["l0/W"], run.gen.l0.W.array.get())


def test_a_layer_is_as_before_after_computing_in_half():
    net = chainer.Chain()
    with net.init_scope():
        net.l0 = L.Linear(3, 2)
    weight, bias = net.l0.W, net.l0.b
    use_half_precision(net)
    assert isinstance(net.l0.local_link_hooks[HalfPrecision.name], HalfPrecision)
    y = net.l0(np.ones((1, 3), np.float16))
    assert y.dtype == np.float16
    assert net.l0.W is weight
    assert net.l0.b is bias


def test_mixed_precision_on_the_cpu_is_refused():
    settings = small_settings("sngan", "A", dtype="mixed16")
    with pytest.raises(UserError, match="mixed16 needs a CUDA device"):
        apply_options(settings, chainer.get_device("@numpy"))


def test_bfloat16_is_refused_where_it_does_not_help():
    settings = small_settings("sngan", "A", dtype="bfloat16")
    with pytest.raises(UserError, match="bfloat16 is for CPUs"):
        apply_options(settings, DEVICE)
    with pytest.raises(UserError, match="bfloat16 needs oneDNN"):
        apply_options(settings, chainer.get_device("@numpy"), "numpy")


def test_options_without_effect_are_named_in_one_line_each(monkeypatch):
    monkeypatch.setenv("CUPY_TF32", "0")
    monkeypatch.setattr(chainer.backends.cuda, "cudnn_enabled", False)
    settings = small_settings("sngan", "A", autotune=True, tf32=True)
    on_cpu = apply_options(settings, chainer.get_device("@numpy"))
    assert [line.split()[0] for line in on_cpu] == ["--tf32", "--autotune"]
    assert os.environ["CUPY_TF32"] == "0"
    (line,) = apply_options(settings, DEVICE)
    assert line.startswith("--autotune has no effect without cuDNN")
    assert os.environ["CUPY_TF32"] == "1"
    settings = small_settings("sngan", "A", deterministic=True)
    (line,) = apply_options(settings, DEVICE)
    assert line.startswith("--deterministic has no effect without cuDNN")
    assert os.environ["CUPY_TF32"] == "0"
    monkeypatch.setattr(chainer.backends.cuda, "cudnn_enabled", True)
    assert apply_options(settings, DEVICE) == []


def test_cudnns_options_contradict_each_other():
    with pytest.raises(UserError, match="--autotune .* --deterministic .*: give one"):
        small_settings("sngan", "A", autotune=True, deterministic=True)


def test_real_cupy_reads_the_tf32_switch_after_its_import():
    """Without a device CuPy cannot answer for TF32, but asks the device only when it is on."""
    code = (
        "import os, numpy, cupy\n"
        "from cupy._core import get_compute_type\n"
        "os.environ['CUPY_TF32'] = {!r}\n"
        "try: print(int(get_compute_type(numpy.float32)))\n"
        "except cupy.cuda.runtime.CUDARuntimeError: print('asked')\n"
    )
    answers = []
    for value in ("0", "1"):
        command = [sys.executable, "-W", "ignore", "-c", code.format(value)]
        result = subprocess.run(command, capture_output=True, text=True)
        if "No module named 'cupy'" in result.stderr:
            pytest.skip("the real CuPy (cupy-cuda12x) is not installed")
        answers.append(result.stdout.strip())
    assert answers[0] == "1"  # COMPUTE_TYPE_DEFAULT
    assert answers[1] in ("asked", "7", "1")  # COMPUTE_TYPE_TF32; default before Ampere
    assert answers[1] != answers[0] or os.environ.get("REAL_GPU")


class Twin:
    """A communicator of two workers who hold the same images: their mean is either's."""

    size = 2

    def _multi_node_mean(self, send, receive):
        self.n_calls = getattr(self, "n_calls", 0) + 1


@pytest.mark.parametrize("fast", [False, True])
def test_our_kernels_leave_shared_batch_normalisation_to_the_workers(fast):
    comm = Twin()
    shared = MultiNodeBatchNormalization(L.BatchNormalization(3), comm, "mpi")
    shared.to_device(DEVICE)
    half = np.random.RandomState(0).normal(1, 2, (4, 3, 5, 5)).astype(np.float32)
    plain = L.BatchNormalization(3)
    plain.to_device(DEVICE)
    gradients = []
    with fast_kernels(fast):
        for link, x in ((shared, half), (plain, np.concatenate([half, half]))):
            x = chainer.Variable(cupy.asarray(x))
            (gx,) = chainer.grad([F.sum(link(x) ** 3)], [x])
            gradients.append(gx.array[:4].get())
    assert comm.n_calls == 2  # forward and backward
    np.testing.assert_allclose(*gradients, rtol=1e-3, atol=1e-4)
    for name in ("avg_mean", "avg_var"):
        a, b = getattr(shared, name).get(), getattr(plain, name).get()
        np.testing.assert_allclose(a, b, rtol=1e-4)


@pytest.mark.parametrize(
    ("algorithm", "given"),
    [
        ("dragan", dict(augment="color,translation,cutout", augment_target=0.6)),
        ("sngan", dict(augment="color,translation", loss="hinge", lecam=0.3, r1=1.0)),
        ("sngan", dict(feature_dis="efficientnet-lite0", image_size=32)),
    ],
)
def test_the_levers_compute_what_they_do_on_the_cpu(algorithm, given, monkeypatch):
    monkeypatch.setattr(regularisers, "LECAM_START", 1)
    monkeypatch.setattr(efficientnet, "pretrained", random_network)
    settings = small_settings(algorithm, "A", **given)
    on_device, on_host = (small_updater(settings, device) for device in (DEVICE, "@numpy"))
    for _ in range(5):  # beyond the step in which the strength moves
        seen, expected = update(on_device), update(on_host)
        assert seen.keys() == expected.keys()
        for key, value in expected.items():
            assert seen[key] == pytest.approx(value, rel=1e-3, abs=1e-4), key
