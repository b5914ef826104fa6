import json
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.commands.train import main
from chainer_gan_anime.runs.npz import SafeNpz
from chainer_gan_anime.runs.records import load_settings
from chainer_gan_anime.runs.snapshots import list_snapshots

SMALL = [
    "--image-size=16",
    "--ch=16",
    "--batch-size=8",
    "--log-every=2",
    "--gpu=-1",
    "--preview-every=50",
]


def command(*arguments):
    return [sys.executable, "-m", "chainer_gan_anime", "train", *SMALL, *map(str, arguments)]


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
    (["--algorithm", "gan"], "--algorithm gan is unknown: take one of "),
    (["--algorithm", "sngan", "--lam", "5"], "--lam is no option of sngan"),
    (["--algorithm", "sngan", "--image-size", "48"], "--image-size 48 does not fit variant A"),
    (["--algorithm", "sngan", "--batch-size", "25"], "fewer than a batch of 25"),
    (["--algorithm", "sngan", "--dataset", "nosuch"], "--dataset nosuch is neither"),
    (["--algorithm", "sngan", "--adam-beta1", "1"], "--adam-beta1 1.0 is too large"),
    (["--algorithm", "sngan", "--adam-alpha", "nan"], "--adam-alpha nan is no number"),
    (["--algorithm", "sngan", "--adam-alpha", "-1"], "--adam-alpha -1.0 is too small"),
    (["--algorithm", "sngan", "--epochs", "inf"], "--epochs inf is no number"),
    (["--algorithm", "sngan", "--seed", "4294967296"], "--seed 4294967296 is too large"),
    (["--algorithm", "sngan", "--gpu", "99"], "--gpu 99 does not exist"),
    (["--algorithm", "sngan", "--resum"], "--resum is unknown: did you mean --resume?"),
    (["--algorithm", "sngan", "--out", "{file}"], "is a file: give another place"),
    (["--algorithm", "sngan", "--out", "{file}/below"], "is a file: give another place"),
    (["--algorithm", "sngan", "--communicator", "mpi"], "--communicator 'mpi' is unknown: see"),
]


@pytest.mark.parametrize("arguments, sentence", MISTAKES)
def test_mistakes_are_answered_in_a_sentence(folder, tmp_path, arguments, sentence, capsys):
    file = tmp_path / "file"
    file.write_text("")
    arguments = [argument.replace("{file}", str(file)) for argument in arguments]
    defaults = [*SMALL, "--dataset", str(folder), "--out", str(tmp_path / "o")]
    before = sorted(tmp_path.rglob("*"))
    assert main([*defaults, *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and sentence in error and error.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_what_lies_there_is_said_before_anything_else(folder, tmp_path, capsys):
    flags = [*SMALL, "--algorithm=sngan", "--dataset", str(folder), "--iterations=2"]
    flags += ["--out", str(tmp_path / "o")]
    assert main(flags) == 0
    out = capsys.readouterr().out
    assert "in memory" in out and "on the device" not in out and "epochs  " not in out
    assert main(flags) == 2
    captured = capsys.readouterr()
    assert "already holds a run" in captured.err and "batch_size" not in captured.out


def test_what_watches_may_change_at_a_resume(folder, tmp_path, capsys):
    flags = [*SMALL, "--algorithm=sngan", "--dataset", str(folder), "--out", str(tmp_path / "o")]
    assert main([*flags, "--iterations=2"]) == 0
    changed = ["--log-every=1", "--preview-every=1", "--keep-snapshots=1", "--resume"]
    assert main([*flags, "--iterations=4", *changed]) == 0
    assert "Going on from snapshot_iter_2" in capsys.readouterr().out
    assert main([*flags, "--iterations=4", "--adam-alpha=1", "--resume"]) == 2
    assert "--adam-alpha-gen: 0.0001 before, 1.0 now" in capsys.readouterr().err


def test_upstreams_flags_are_understood(folder, tmp_path):
    result = run(
        *["--algorithm=dragan", "--batchsize=4", "--n_dis=3", "--lam=7", "--adam_alpha=0.001"],
        *["--adam_beta1=0.1", "--adam_beta2=0.8", "--max_iter=9", "--dry-run"],
        *["--dataset", folder, "--out", tmp_path / "o"],
    )
    assert result.returncode == 0, result.stderr
    for line in ("batch_size          4", "n_dis               3", "adam_alpha_dis      0.001"):
        assert line in result.stdout


def test_a_settings_file_is_replayed(folder, tmp_path, capsys):
    flags = [*SMALL, "--algorithm=dragan", "--lam=3", "--dataset", str(folder), "--iterations=2"]
    assert main([*flags, "--out", str(tmp_path / "a")]) == 0
    again = ["--settings", str(tmp_path / "a" / "settings.json"), "--gpu=-1"]
    assert main([*again, "--out", str(tmp_path / "b")]) == 0
    (expected, log_expected), (got, log_got) = values(tmp_path / "a"), values(tmp_path / "b")
    assert log_expected == log_got
    for key, value in expected.items():
        np.testing.assert_array_equal(value, got[key], err_msg=key)
    assert load_settings(tmp_path / "a")[0] == load_settings(tmp_path / "b")[0]
    capsys.readouterr()
    assert main([*again, "--lam=4", "--dry-run", "--out", str(tmp_path / "c")]) == 0
    assert re.search(r"^ +lam +4.0$", capsys.readouterr().out, re.M)
    assert not (tmp_path / "c").exists()


def test_without_a_settings_file_the_algorithm_must_be_given(capsys):
    assert main(["--dataset", "x"]) == 2
    assert "error: --algorithm must be given: see" in capsys.readouterr().err
    assert main([]) == 2
    assert "--algorithm, --dataset must be given" in capsys.readouterr().err
