"""Switching the kernels on and off, and what is left to Chainer."""

from __future__ import annotations

import sys

import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.kernels import cpu
from chainer_gan_anime.kernels.cpu import allocator, convolution, patch


@pytest.fixture(autouse=True)
def switched_off():
    with cpu.fast_kernels(False):
        yield


def replaced_functions():
    return [vars(cls)[name] for cls, name in patch.KERNELS._functions]


def test_uninstall_restores_the_originals():
    originals = replaced_functions()
    cpu.install()
    cpu.install()
    assert not set(originals) & set(replaced_functions())
    cpu.uninstall()
    assert replaced_functions() == originals
    cpu.uninstall()
    assert replaced_functions() == originals


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("inside", [False, True])
def test_context_restores_what_was_before(before, inside):
    (cpu.install if before else cpu.uninstall)()
    state = replaced_functions()
    with pytest.raises(KeyError), cpu.fast_kernels(inside):
        assert (replaced_functions() == state) == (before == inside)
        raise KeyError
    assert replaced_functions() == state


def test_kernels_are_reached(monkeypatch):
    calls = []
    original = convolution.convolve
    monkeypatch.setattr(patch, "convolve", lambda *a: calls.append(1) or original(*a))
    x, w = np.ones((2, 3, 4, 4), np.float32), np.ones((2, 3, 3, 3), np.float32)
    F.convolution_2d(x, w)
    assert not calls
    with cpu.fast_kernels():
        F.convolution_2d(x, w)
    assert calls


def forbid(*args):
    raise AssertionError("the kernel was called")


@pytest.mark.parametrize(
    "dtype, options",
    [
        (np.float64, {}),
        (np.float16, {}),
        (np.float32, {"groups": 2}),
        (np.float32, {"dilate": 2}),
    ],
)
def test_what_is_not_covered_is_left_to_chainer(dtype, options, monkeypatch):
    for kernel in ("convolve", "deconvolve", "weight_gradient", "leaky_relu"):
        if dtype != np.float32 or kernel != "leaky_relu":
            monkeypatch.setattr(patch, kernel, forbid)
    rng = np.random.RandomState(0)
    x = rng.normal(size=(2, 4, 6, 6)).astype(dtype)
    w = rng.normal(size=(4, 4 // options.get("groups", 1), 3, 3)).astype(dtype)

    def call():
        y = F.deconvolution_2d(F.convolution_2d(x, w, **options), w, **options)
        return F.leaky_relu(y).array

    expected = call()
    with cpu.fast_kernels():
        actual = call()
    assert actual.dtype == dtype
    np.testing.assert_array_equal(actual, expected)


def test_arrays_that_only_look_like_numpy_are_left_alone():
    class Lookalike(np.ndarray):
        pass

    x = np.zeros((1, 1, 2, 2), np.float32)
    assert patch.covered(x, None)
    assert not patch.covered(x, x.view(Lookalike))
    assert not patch.covered(x[:0])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
def test_allocator_keeps_memory_only_with_glibc(monkeypatch):
    calls = []

    class Library:
        def mallopt(self, option, value):
            calls.append((option, value))

    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda name: Library())
    monkeypatch.setattr(allocator.platform, "libc_ver", lambda: ("", ""))
    allocator.keep_freed_memory(True)
    assert not calls
    monkeypatch.setattr(allocator.platform, "libc_ver", lambda: ("glibc", "2.36"))
    cpu.install()
    assert calls == [(-4, 0), (-1, 2**31 - 1)]
    cpu.uninstall()
    assert calls[2:] == [(-4, 65536), (-1, 128 * 1024)]
