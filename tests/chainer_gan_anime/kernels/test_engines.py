"""Which engine is taken, and what is said where one cannot be."""

from __future__ import annotations

import types

import numpy as np
import pytest

from chainer_gan_anime.kernels import cpu, engines, onednn
from chainer_gan_anime.kernels.onednn import library
from crawler.shared.errors import UserError


@pytest.fixture
def absent(monkeypatch):
    """No oneDNN anywhere."""
    monkeypatch.delenv(library.VARIABLE, raising=False)
    monkeypatch.setattr(library, "_candidates", lambda: iter(["/nowhere/libdnnl.so.3"]))
    monkeypatch.setattr(library, "load", library.load.__wrapped__)


@pytest.fixture
def present(monkeypatch):
    """A oneDNN whose processor can do what the test says."""
    fake = types.SimpleNamespace(dnnl_get_effective_cpu_isa=lambda: library.AMX)
    monkeypatch.setattr(library, "load", lambda: fake)
    return fake


def test_auto_takes_onednn_where_it_is(present):
    assert engines.choose_engine("auto") == "onednn" == engines.choose_engine("onednn")


def test_auto_takes_the_numpy_kernels_without_a_word(absent):
    assert engines.choose_engine("auto") == "numpy"
    with pytest.raises(UserError, match="oneDNN 3 was not found: install the extra"):
        engines.choose_engine("onednn")


@pytest.mark.parametrize("name", ["numpy", "chainer"])
def test_the_others_are_always_there(absent, name):
    assert engines.choose_engine(name) == name


@pytest.mark.parametrize("wanted", ["auto", "onednn"])
def test_a_library_that_the_variable_names_must_be_one(absent, monkeypatch, wanted, tmp_path):
    path = tmp_path / "libdnnl.so.3"
    path.write_bytes(b"no library")
    monkeypatch.setenv(library.VARIABLE, str(path))
    with pytest.raises(UserError, match="cannot be loaded as oneDNN"):
        engines.choose_engine(wanted)


def fake_library(major, runtime, isa):
    version = library.Version(major, 6, 0, b"", runtime, 0)
    return types.SimpleNamespace(
        dnnl_version=types.FunctionType(
            (lambda: types.SimpleNamespace(contents=version)).__code__,
            {"types": types},
            closure=(types.CellType(version),),
        ),
        dnnl_get_effective_cpu_isa=lambda: isa,
    )


@pytest.mark.parametrize(
    "major, runtime, isa, sentence",
    [
        (2, 2, library.AMX, "is oneDNN 2.6, and version 3 is needed"),
        (3, 8, library.AMX, "processor runtime is not OpenMP"),
        (3, 2, 0x3, "needs an x86_64 processor with AVX2"),
        (3, 2, 0, "needs an x86_64 processor with AVX2"),
    ],
)
def test_other_versions_and_processors_are_refused(
    absent, monkeypatch, major, runtime, isa, sentence
):
    fake = fake_library(major, runtime, isa)
    monkeypatch.setattr(library.ctypes, "CDLL", lambda path: fake)
    monkeypatch.setenv(library.VARIABLE, "given")
    with pytest.raises(UserError, match=sentence):
        engines.choose_engine("auto")


def test_bfloat16_where_it_gains_nothing(present):
    engines.check_bfloat16("onednn")
    with pytest.raises(UserError, match="--dtype bfloat16 needs oneDNN"):
        engines.check_bfloat16("numpy")
    present.dnnl_get_effective_cpu_isa = lambda: 0x67
    with pytest.raises(UserError, match="gains nothing on this processor"):
        engines.check_bfloat16("onednn")


def test_images_lie_as_the_engine_wants_them():
    x = np.zeros((2, 3, 4, 5), np.uint8)
    assert engines.arrange(x) is x
    with engines.ENGINES["numpy"].kernels(False):
        assert engines.arrange(x).transpose(1, 2, 3, 0).flags.c_contiguous
    try:
        library.load()
    except library.Missing as error:
        pytest.skip(str(error))
    with engines.ENGINES["onednn"].kernels(False):
        assert cpu.are_installed() and onednn.are_installed()
        assert engines.arrange(x).transpose(0, 2, 3, 1).flags.c_contiguous
    assert not cpu.are_installed() and not onednn.are_installed()
