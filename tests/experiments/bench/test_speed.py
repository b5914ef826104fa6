"""The speed benchmark trains what it says, in Chainer and in PyTorch."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.algorithms.registry import make_discriminator, make_generator
from chainer_gan_anime.kernels import cpu


@pytest.fixture
def bench(monkeypatch):
    folder = Path(__file__).parents[3] / "experiments" / "bench"
    monkeypatch.syspath_prepend(str(folder))
    with cpu.fast_kernels(False):
        yield importlib.import_module("speed")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's /proc")
def test_rounds_of_a_contender(bench):
    net = ["--algorithm", "sngan", "--variant", "A", "--ch", "8"]
    arguments = [*net, "--batch-size", "2", "--seconds", "0"]
    cells = bench.compare(["numpy", "chainer"], arguments, threads=1, rounds=2).split(" | ")
    images, ratio, memory = cells
    assert all(float(rate) > 0 for rate in images.split(" / "))
    assert 0 < float(ratio.split()[0]) < 100
    assert all(10 < float(mib) < 1000 for mib in memory.split(" / "))


@pytest.mark.parametrize("algorithm", ["sngan", "dragan"])
@pytest.mark.parametrize("variant", ["A", "B"])
def test_torch_reference_is_the_same_net(bench, algorithm, variant):
    torch = pytest.importorskip("torch", reason="needs torch")
    reference = importlib.import_module("torch_reference")
    run = resolve(algorithm, "noise", variant=variant, ch=16, batch_size=2)
    gen, dis = make_generator(run), make_discriminator(run)
    pairs = [
        (gen, reference.Generator(gen)),
        (dis, reference.Discriminator(dis, algorithm == "sngan")),
    ]
    for ours, theirs in pairs:
        assert sorted(p.size for p in ours.params()) == sorted(
            p.numel() for p in theirs.parameters()
        )
    x = torch.zeros(2, 3, run.image_size, run.image_size)
    assert pairs[0][1](torch.zeros(2, run.n_hidden)).shape == x.shape
    assert pairs[1][1](x).shape == (2, 1)
    images = np.zeros((4, 3, run.image_size, run.image_size), np.uint8)
    reference.make_step(run, images)()
