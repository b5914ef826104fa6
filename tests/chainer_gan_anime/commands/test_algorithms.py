"""Every algorithm of the registry through the commands: train, generate, evaluate."""

import json

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.__main__ import main
from chainer_gan_anime.algorithms.registry import ALGORITHMS

UPSTREAM = [name for name, algorithm in ALGORITHMS.items() if "upstream" in algorithm.presets]


@pytest.fixture(scope="module")
def tagged_set(tmp_path_factory):
    """A folder of 24 images of 16 pixels, noisily red or blue, as their tags say."""
    folder, rng = tmp_path_factory.mktemp("sets") / "tagged", np.random.RandomState(0)
    folder.mkdir()
    lines = []
    for i in range(24):
        colour, tag = ([220, 40, 40], "red_hair") if i % 2 else ([40, 40, 220], "blue_hair")
        pixels = (colour + rng.randint(-20, 20, (16, 16, 3))).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
        lines.append(f"{i}.png,{tag}")
    (folder / "tags.csv").write_text("\n".join(lines))
    return folder


def train(algorithm, dataset, *more):
    small = ["--image-size=16", "--ch=16", "--batch-size=8", "--iterations=3", "--log-every=1"]
    return main(
        ["train", "--algorithm", algorithm, "--dataset", str(dataset), *small, "--gpu=-1", *more]
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_run_is_trained_drawn_from_and_scored(algorithm, tagged_set, tmp_path, capsys):
    out = tmp_path / "run"
    assert train(algorithm, tagged_set, "--out", str(out)) == 0
    log = json.loads((out / "log").read_text())
    assert [line["iteration"] for line in log] == [1, 2, 3]
    assert {"loss_gen", "loss_dis", *ALGORITHMS[algorithm].log_keys} <= set(log[-1])
    assert all(np.isfinite(value) for line in log for value in line.values())
    assert np.asarray(Image.open(out / "loss.png")).std() > 0
    assert main(["generate", str(out), "--grid", "2", "--gpu=-1"]) == 0
    (grid,) = (out / "samples").glob("grid_*.png")
    assert np.asarray(Image.open(grid)).std() > 0
    capsys.readouterr()
    assert main(["evaluate", str(out), "--n", "20", "--scores", "border,ms_ssim", "--gpu=-1"]) == 0
    printed = capsys.readouterr().out
    assert "border" in printed and "ms_ssim" in printed


@pytest.mark.parametrize("algorithm", UPSTREAM)
def test_upstreams_row_of_each_is_described(algorithm, tagged_set, tmp_path, capsys):
    more = ["--preset=upstream", "--dry-run", "--out", str(tmp_path / "run")]
    assert train(algorithm, tagged_set, *more) == 0
    described = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines() if line)
    assert described["algorithm"] == algorithm and described["preset"] == "upstream"
    assert described["variant"] == "B"
    assert not (tmp_path / "run").exists()
