"""The GPU benchmark, from one command to its report, on the stand-in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-W", "ignore", str(ROOT / "experiments" / "bench" / "gpu.py")]


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ runs the kernels' CUDA C")
def test_the_report(tmp_path, device_environment):
    small = ["--algorithm", "sngan", "--variant", "A", "--ch", "16", "--image-size", "16"]
    small += ["--batch-size", "2", "4", "--mode", "float32", "mixed16", "--seconds", "0"]
    done = subprocess.run(
        [*COMMAND, *small, "--no-tests", "--stand-in", f"--out={tmp_path}"],
        env=device_environment,
        capture_output=True,
        text=True,
        check=True,
    )
    text = (tmp_path / "gpu_hostcupy.md").read_text()
    assert "4 lines in" in done.stdout
    assert "# hostcupy" in text and "* cuDNN: none" in text
    lines = [line.split(" | ") for line in text.splitlines() if "batch" in line]
    assert [line[1] for line in lines] == ["float32", "mixed16"] * 2
    for line in lines:
        ms, host_ms, rate = (float(cell.replace(",", "")) for cell in line[2:5])
        assert host_ms > 0 and ms > 0 and rate > 0
    launches = next(line for line in text.splitlines() if line.startswith("| sngan A |"))
    assert int(launches.split("|")[2]) > 100


def test_without_a_device_it_says_so():
    done = subprocess.run(
        [*COMMAND], capture_output=True, text=True, env={"CUDA_VISIBLE_DEVICES": "", "PATH": ""}
    )
    assert done.returncode == 2 and "No CUDA device can be used here" in done.stderr
    assert "Traceback" not in done.stderr
