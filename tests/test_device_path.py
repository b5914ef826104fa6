"""Runs ``tests/device`` on the stand-in for CuPy, each part in a process of its own.

The stand-in takes CuPy's place before Chainer is imported, which the other tests must not see.
"""

import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PARTS = sorted(
    {path.relative_to(ROOT).parts[2] for path in ROOT.glob("tests/device/**/test_*.py")}
)


@pytest.mark.timeout(1200)
@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ runs the kernels' CUDA C")
@pytest.mark.parametrize(
    "part, marked",
    [
        *((part, "not slow") for part in PARTS),
        pytest.param(".", "slow", marks=pytest.mark.slow),
    ],
)
def test_device_path(part, marked, device_environment):
    command = [sys.executable, "-m", "pytest", "-p", "tests.hostcupy.plugin", "-m", marked]
    command.append(f"tests/device/{part}")
    result = subprocess.run(
        command, cwd=ROOT, env=device_environment, text=True, stdout=subprocess.PIPE
    )
    assert result.returncode == 0, result.stdout
    assert " passed" in result.stdout, result.stdout
