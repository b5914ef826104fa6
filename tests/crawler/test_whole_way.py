"""From the site to a trained generator: what the crawler builds is what training reads."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from sites.getchu import GetchuSite, some_titles

from crawler.__main__ import main
from crawler.dataset.manifest import read_manifest

TRAIN = pathlib.Path(__file__).parents[2] / "experiments" / "train.py"


@pytest.fixture(scope="module")
def data_root(tmp_path_factory):
    """A data root with the set that a crawl of a small shop made."""
    root = tmp_path_factory.mktemp("data")
    with GetchuSite(some_titles([(2017, 1), (2025, 3)], n=5)) as site:
        argv = ["getchu", "--base-url", site.url, "--allow-private", "--rate", "1000"]
        argv += ["--jitter", "0", "--since", "2017-01", "--until", "2017-01"]
        assert main([*argv, "--data-root", str(root)]) == 0
    return root


def train(data_root, dataset, out):
    command = [sys.executable, str(TRAIN), "--algorithm", "sngan", "--dataset", str(dataset)]
    command += ["--data-root", str(data_root), "--out", str(out), "--gpu", "-1"]
    command += ["--iterations", "3", "--batch-size", "4", "--ch", "16", "--log-every", "1"]
    quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **quiet})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("form", ["name", "zip"])
def test_crawl_build_train(data_root, tmp_path, form):
    _, records = read_manifest(data_root / "getchu" / "manifest.jsonl")
    assert len(records) >= 10
    dataset = "getchu"
    if form == "zip":
        dataset = tmp_path / "faces.zip"
        argv = ["export", "getchu", "--out", str(dataset), "--data-root", str(data_root)]
        assert main(argv) == 0
    said = train(data_root, dataset, tmp_path / "run")
    assert f"{len(records)} images from" in said
    log = json.loads((tmp_path / "run" / "log").read_text())
    assert [entry["iteration"] for entry in log] == [1, 2, 3]
    assert all(np.isfinite(entry["loss_gen"]) for entry in log)
    assert (tmp_path / "run" / "gen_iter_3.npz").exists()
