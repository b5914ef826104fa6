import json
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.runs.npz import SafeNpz
from chainer_gan_anime.runs.snapshots import list_snapshots

SCRIPT = pathlib.Path(__file__).parents[2] / "experiments" / "train.py"
SMALL = [
    "--image-size=16",
    "--ch=16",
    "--batch-size=8",
    "--log-every=2",
    "--gpu=-1",
    "--preview-every=50",
]


def command(*arguments):
    return [sys.executable, str(SCRIPT), *SMALL, *map(str, arguments)]


def run(*arguments):
    return subprocess.run(command(*arguments), capture_output=True, text=True, timeout=120)


@pytest.fixture
def folder(tmp_path, rng):
    path = tmp_path / "set"
    path.mkdir()
    for i in range(24):
        Image.fromarray(rng.randint(0, 256, (16, 16, 3)).astype("u1")).save(path / f"{i}.png")
    return path


def values(out):
    npz = SafeNpz(list_snapshots(out)[0])
    log = json.loads(str(npz["extensions/LogReport/_log"]))
    for entry in log:
        del entry["elapsed_time"]
    skipped = "elapsed_time", "_log"
    return {key: npz[key] for key in npz if not key.endswith(skipped)}, log


def test_kill_dash_nine_and_resume_equal_an_uninterrupted_run(folder, tmp_path):
    arguments = ["--algorithm", "dragan", "--dataset", folder, "--snapshot-every", 5]
    straight = run(*arguments, "--iterations", 60, "--out", tmp_path / "a")
    assert straight.returncode == 0, straight.stderr
    process = subprocess.Popen(
        command(*arguments, "--iterations", 60, "--out", tmp_path / "b"), stdout=subprocess.DEVNULL
    )
    while not list_snapshots(tmp_path / "b"):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    killed_at = list_snapshots(tmp_path / "b")[0].name
    assert killed_at != "snapshot_iter_60"
    resumed = run(*arguments, "--iterations", 60, "--out", tmp_path / "b", "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "Going on from snapshot_iter_" in resumed.stdout
    (expected, log_expected), (got, log_got) = values(tmp_path / "a"), values(tmp_path / "b")
    assert log_expected == log_got and expected.keys() == got.keys()
    for key, value in expected.items():
        np.testing.assert_array_equal(value, got[key], err_msg=key)


def test_dry_run_prints_the_settings_and_writes_nothing(folder, tmp_path):
    result = run("--algorithm", "sngan", "--dataset", folder, "--dry-run", "--out", tmp_path / "o")
    assert result.returncode == 0
    assert "batch_size          8" in result.stdout and "1050 iterations" in result.stdout
    assert not (tmp_path / "o").exists()


MISTAKES = [
    (["--algorithm", "gan"], "--algorithm gan is unknown: take one of dcgan, dragan, sngan."),
    (["--algorithm", "sngan", "--lam", "5"], "--lam is no option of sngan"),
    (["--algorithm", "sngan", "--image-size", "48"], "--image-size 48 does not fit variant A"),
    (["--algorithm", "sngan", "--batch-size", "25"], "fewer than a batch of 25"),
    (["--algorithm", "sngan", "--dataset", "nosuch"], "--dataset nosuch is neither"),
    (["--algorithm", "sngan", "--adam-beta1", "1"], "--adam-beta1 1.0 is too large"),
    (["--algorithm", "sngan", "--adam-alpha", "nan"], "--adam-alpha-gen nan is too small"),
    (["--algorithm", "sngan", "--gpu", "99"], "--gpu 99 does not exist"),
]


@pytest.mark.parametrize("arguments, sentence", MISTAKES)
def test_mistakes_are_answered_in_a_sentence(folder, tmp_path, arguments, sentence):
    # In this process: eight starts of Python would take long.
    import importlib.util

    spec = importlib.util.spec_from_file_location("train", SCRIPT)
    train = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(train)
    defaults = [*SMALL, "--dataset", str(folder), "--out", str(tmp_path / "o")]
    import contextlib
    import io

    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        assert train.main([*defaults, *arguments]) == 2
    assert errors.getvalue().startswith("error: ") and sentence in errors.getvalue()
    assert errors.getvalue().count("\n") == 1


def test_upstreams_flags_are_understood(folder, tmp_path):
    result = run(
        *["--algorithm=dragan", "--batchsize=4", "--n_dis=3", "--lam=7", "--adam_alpha=0.001"],
        *["--adam_beta1=0.1", "--adam_beta2=0.8", "--max_iter=9", "--dry-run"],
        *["--dataset", folder, "--out", tmp_path / "o"],
    )
    assert result.returncode == 0, result.stderr
    for line in ("batch_size          4", "n_dis               3", "adam_alpha_dis      0.001"):
        assert line in result.stdout
