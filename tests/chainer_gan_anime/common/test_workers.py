"""Several workers: equal to each other and to one alone, and they stop, fail and resume as one."""

from __future__ import annotations

import importlib.util
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import types

import numpy as np
import pytest

from chainer_gan_anime import compat
from chainer_gan_anime.common.workers import ALONE, Workers, start_workers
from chainer_gan_anime.training import place as device_module
from chainer_gan_anime.training.stop import StopTrigger
from crawler.shared.errors import UserError
from tests.rounding import follows_rounding

HERE = pathlib.Path(__file__).parent
TRAIN = HERE.parents[2] / "experiments" / "train.py"

needs_mpi = pytest.mark.skipif(
    shutil.which("mpiexec") is None or importlib.util.find_spec("mpi4py") is None,
    reason="mpiexec (Debian: openmpi-bin) and mpi4py start the workers",
)


def mpiexec(*command, n=2) -> subprocess.CompletedProcess:
    """Run Python under mpiexec, also as root and on fewer cores than workers."""
    environment = dict(
        os.environ,
        OMP_NUM_THREADS="1",
        OPENBLAS_NUM_THREADS="1",
        OMPI_ALLOW_RUN_AS_ROOT="1",
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
        OMPI_MCA_rmaps_base_oversubscribe="1",
        OMPI_MCA_mpi_yield_when_idle="1",
        OMPI_MCA_btl_vader_single_copy_mechanism="none",
    )
    return subprocess.run(
        ["mpiexec", "-n", str(n), sys.executable, *map(str, command)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,  # of a loaded machine
    )


@pytest.fixture(scope="module")
def together():
    """The scenarios' module, for running them alone in this process."""
    spec = importlib.util.spec_from_file_location("together", HERE / "together.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of all cases trained by two workers."""
    folder = tmp_path_factory.mktemp("two")
    result = mpiexec(HERE / "together.py", folder, "train_all")
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


def read(path) -> dict:
    """The numbers of a snapshot; its strings (the log) and its clock are left out."""
    with np.load(path, allow_pickle=False) as npz:
        return {key: npz[key] for key in npz if npz[key].dtype.kind in "fiub"}


def own_statistics(key: str) -> bool:
    """Whether a worker may have a value of its own: batch normalisation's, when not shared."""
    return key.endswith(("avg_mean", "avg_var"))


ALGORITHMS = ["dragan", "sngan", "dcgan", "acgan", "wgan_gp", "cramer", "began", "dfm"]
CASES = [*ALGORITHMS, "dragan_scalar", "apart"]


@needs_mpi
@pytest.mark.parametrize("case", CASES)
def test_workers_end_with_the_same_state(trained, case):
    first, second = (read(trained / f"{case}_rank{rank}.npz") for rank in (0, 1))
    assert set(first) == set(second)
    differing = [key for key in first if not np.array_equal(first[key], second[key])]
    if case == "apart":  # each has seen its own half
        assert differing
        assert all(map(own_statistics, differing))
    else:
        assert differing == []


@needs_mpi
@pytest.mark.parametrize("case", CASES)
def test_two_workers_equal_one(trained, together, tmp_path, case):
    run = together.make_run(tmp_path / case, ALONE, **together.CASES[case])
    run.train()
    together.save_state(tmp_path / "alone.npz", run)
    alone, both = read(tmp_path / "alone.npz"), read(trained / f"{case}_rank0.npz")
    assert set(alone) == set(both)
    gaps = {}
    for key, value in alone.items():
        if follows_rounding(key, alone):
            continue
        gaps[key] = abs(value.astype(float) - both[key].astype(float)).max(initial=0)
    worst = max(gaps.values())
    if case == "apart":  # half batches normalised apart are another computation
        assert worst > 1e-3
    else:
        assert worst < 1e-4, max(gaps, key=gaps.get)
    assert max(gap for key, gap in gaps.items() if "random_state" in key or "order" in key) == 0


@needs_mpi
def test_the_first_worker_alone_writes(trained):
    out = trained / "sngan"
    facts = json.loads((out / "settings.json").read_text())
    assert facts["workers"] == 2
    assert facts["iterations"] == 6
    assert [line["iteration"] for line in json.loads((out / "log").read_text())] == [*range(1, 7)]
    assert sorted(p.name for p in out.glob("snapshot_iter_*")) == [
        "snapshot_iter_3",
        "snapshot_iter_6",
    ]


@needs_mpi
def test_killed_and_resumed_run_equals_one_that_was_not(trained, tmp_path):
    crashed = mpiexec(HERE / "together.py", tmp_path, "crash")
    assert crashed.returncode != 0
    assert [p.name for p in (tmp_path / "crashed").glob("snapshot_*")] == ["snapshot_iter_3"]
    resumed = mpiexec(HERE / "together.py", tmp_path, "resume", "stop")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert "Going on from snapshot_iter_3" in resumed.stdout
    whole, parts = read(trained / "apart_rank0.npz"), read(tmp_path / "crashed_rank0.npz")
    assert set(whole) == set(parts)
    for key, value in whole.items():
        np.testing.assert_array_equal(parts[key], value, err_msg=key)
    logs = [
        json.loads((folder / "log").read_text())
        for folder in (trained / "apart", tmp_path / "crashed")
    ]
    for log in logs:
        for line in log:
            del line["elapsed_time"]
    assert logs[0] == logs[1]
    # The second scenario: a signal to the second worker stopped both after that iteration.
    assert "Stopped by SIGTERM at iteration 2" in resumed.stdout
    states = [read(tmp_path / f"stopped_rank{rank}.npz") for rank in (0, 1)]
    assert [int(state["iteration"]) for state in states] == [2, 2]
    assert (tmp_path / "stopped" / "snapshot_iter_2").exists()


@needs_mpi
def test_a_mistake_at_one_worker_ends_all(tmp_path):
    result = mpiexec(HERE / "together.py", tmp_path, "mistake")
    assert result.returncode == 2
    assert result.stderr.count("error: only the second worker sees this.") == 1
    assert "Traceback" not in result.stderr


@needs_mpi
def test_a_bug_at_one_worker_ends_all_with_its_traceback(tmp_path):
    result = mpiexec(HERE / "together.py", tmp_path, "bug")
    assert result.returncode == 1
    assert result.stderr.count("ZeroDivisionError: a bug") == 1


@needs_mpi
def test_a_mistake_of_all_is_said_once(tmp_path):
    command = [TRAIN, "--algorithm", "sngan", "--dataset", tmp_path / "none"]
    result = mpiexec(*command, "--communicator", "naive")
    assert result.returncode == 2
    assert result.stderr.count("error: --dataset") == 1


@needs_mpi
def test_workers_that_do_not_know_of_each_other_are_refused(tmp_path):
    result = mpiexec(TRAIN, "--algorithm", "sngan", "--dataset", "sample", "--out", tmp_path)
    assert result.returncode == 2
    assert "add --communicator naive" in result.stderr


@needs_mpi
@pytest.mark.skipif(compat.device_count() > 0, reason="this machine has a GPU")
def test_pure_nccl_without_gpus_is_refused():
    command = [TRAIN, "--algorithm", "sngan", "--dataset", "sample", "--communicator", "pure_nccl"]
    result = mpiexec(*command, n=1)
    assert result.returncode == 2
    assert re.search("error: .*(needs NCCL|CUDA device)", result.stderr)


def test_missing_mpi4py_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(UserError, match=r"needs MPI and mpi4py .*\[mpi\]"):
        start_workers("naive")


def test_a_worker_alone_needs_no_mpi(monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with start_workers(None) as workers:
        assert workers is ALONE


class FakeWorkers(Workers):
    def __init__(self, communicator, rank, size):
        self.communicator = communicator
        self.rank = self.local_rank = rank
        self.size = self.local_size = size


def test_shares_are_the_batch_once():
    batch = np.arange(12).reshape(6, 2)
    shares = [FakeWorkers("naive", rank, 3).share(batch) for rank in range(3)]
    np.testing.assert_array_equal(np.concatenate(shares), batch)


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no SIGUSR1")
def test_the_signal_that_mpiexec_passes_on_stops_all():
    """It comes to the first worker here; the second, asked in the same iteration, stops too."""
    asked = []

    class Pair(FakeWorkers):
        def highest(self, number):
            asked.append(number)
            return max(asked)

    triggers = [StopTrigger(9, Pair("naive", rank, 2)) for rank in range(2)]
    trainer = types.SimpleNamespace(updater=types.SimpleNamespace(iteration=1))
    with triggers[0]:
        assert not triggers[0](trainer)
        os.kill(os.getpid(), signal.SIGUSR1)
        assert triggers[0](trainer)
    assert triggers[1](trainer)
    assert [trigger.signal_name for trigger in triggers] == ["SIGUSR1", "SIGUSR1"]


def test_a_batch_that_cannot_be_shared_is_refused(together, tmp_path):
    with pytest.raises(UserError, match="take a multiple of 3"):
        together.make_run(tmp_path, FakeWorkers("naive", 0, 3), algorithm="sngan")


def test_naive_runs_on_the_cpu_whatever_there_is(monkeypatch):
    monkeypatch.setattr(device_module.compat, "device_count", lambda: 4)
    workers = FakeWorkers("naive", 1, 2)
    assert device_module.choose_device(None, workers)[0].xp is np
    with pytest.raises(UserError, match="leave --gpu out"):
        device_module.choose_device(0, workers)


def test_pure_nccl_wants_a_device_for_each(monkeypatch):
    monkeypatch.setattr(device_module.compat, "device_count", lambda: 1)
    with pytest.raises(UserError, match="2 workers on a machine with 1 CUDA device"):
        device_module.choose_device(None, FakeWorkers("pure_nccl", 1, 2))
    with pytest.raises(UserError, match="leave --gpu out"):
        device_module.choose_device(0, FakeWorkers("pure_nccl", 0, 1))
