"""Every kernel that an iteration reaches compiles for every GPU that CuPy supports.

Needs g++ (the calls are recorded on hostcupy), CuPy, NVRTC and CUDA's headers
(nvidia-cuda-nvrtc-cu12 and nvidia-cuda-runtime-cu12), but neither a GPU nor a driver:

    python -m pytest tests/cuda_compile
"""

import json
import pathlib
import shutil
import subprocess
import sys

import pytest

ARCHITECTURES = ("70", "75", "80", "86", "89", "90", "100", "120")
ROOT = pathlib.Path(__file__).parents[2]
ELF = b"\x7fELF"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cuda():
    """CuPy's generator and NVRTC; skips where a part is missing."""
    if shutil.which("g++") is None:
        pytest.skip("g++ is missing: the kernel calls are recorded by running them")
    pytest.importorskip("nvidia.cuda_nvrtc", reason="nvidia-cuda-nvrtc-cu12 is not installed")
    pytest.importorskip("nvidia.cuda_runtime", reason="nvidia-cuda-runtime-cu12 is not installed")
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed")
    if getattr(cupy, "is_hostcupy", False):
        pytest.skip("the stand-in shadows CuPy in this process")
    from tests.cuda_compile import sources

    return sources


@pytest.fixture(scope="module")
def calls(cuda):
    """Every distinct kernel call of an iteration."""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.cuda_compile.record_kernels"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def programs(cuda, calls):
    """Distinct sources, with the name of their kernel."""
    return {cuda.source(call): call["name"] for call in calls}


def test_the_kernels_that_matter_are_among_them(calls):
    names = {call["name"] for call in calls}
    chainers = {"im2col", "col2im", "adam", "bn_fwd", "bn_bwd", "lrelu", "softplus_fwd"}
    assert chainers <= names
    assert {call["kind"] for call in calls} == {"elementwise", "reduction"}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_kernel_compiles(cuda, programs, architecture):
    for code, name in programs.items():
        cubin = cuda.compile_to_cubin(code, architecture)
        assert cubin.startswith(ELF), name


def test_a_broken_kernel_does_not(cuda, calls):
    call = next(call for call in calls if call["name"] == "adam")
    code = cuda.source(call)
    assert "alpha_t" in code
    with pytest.raises(Exception, match="undeclared_name"):
        cuda.compile_to_cubin(code.replace("m_ +=", "m_ += undeclared_name +"), "90")
