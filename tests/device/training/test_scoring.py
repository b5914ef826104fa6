"""Scores while training and after it, and drawing: on the device as on the CPU."""

import functools
import json

import chainer
import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.commands import evaluate, generate
from chainer_gan_anime.evaluation.networks import features
from chainer_gan_anime.pretrained import efficientnet
from chainer_gan_anime.runs.records import read_scores
from chainer_gan_anime.training import scoring
from tests.device.small_runs import draw_images, read_npz, small_run

N = 12  # images judged
INPUT_SIZE = 64  # below, maps of one pixel come, which OpenCV convolves wrongly
PIXEL_SCORES = ["ms_ssim", "border", "memorisation_pixels"]
FEATURE_SCORES = ["kid", "prdc", "fid"]
# A few pixels may differ by 1 of 255 between the two paths, and features by 5e-4.
TOLERANCE = dict(rel=1e-2, abs=1e-3)


@pytest.fixture
def small_network(monkeypatch):
    """The default feature network with random weights and small input, as if installed."""

    def random_network(name):
        random = np.random.RandomState(0)
        net = efficientnet.EfficientNetLite(name)
        net.input_size = INPUT_SIZE
        for link in net.links():
            if isinstance(link, chainer.links.Convolution2D):
                fan_in = link.W.array[0].size
                link.W.array[...] = random.normal(0, (2 / fan_in) ** 0.5, link.W.shape)
        return net

    monkeypatch.setattr(efficientnet, "pretrained", random_network)


@pytest.fixture
def scored_run(small_network, monkeypatch, tmp_path):
    """Returns a maker of finished runs of 3 iterations; those with scores are judged after 2."""

    def train(name, device, scores=(), **given):
        if scores:
            few = functools.partial(scoring.Evaluate, n=N, scores=scores)
            monkeypatch.setattr(scoring, "Evaluate", few)
            given["evaluate_every"] = 0.5
        given |= dict(iterations=3, log_every=1, generator_average=0.9)
        run = small_run(tmp_path / name, device, **given)
        assert run.train()
        return run

    return train


def values(lines):
    return {(line["score"], line["iteration"]): line["value"] for line in lines}


def test_scores_change_no_bit_of_training_on_the_device(scored_run):
    plain = scored_run("plain", "@cupy:0")
    watched = scored_run("watched", "@cupy:0", PIXEL_SCORES + FEATURE_SCORES)
    assert {line["iteration"] for line in read_scores(watched.out)} == {2}
    expected, seen = (read_npz(run.out / "snapshot_iter_3") for run in (plain, watched))
    names = [n for n, v in expected.items() if n.startswith("updater/") and v.dtype != object]
    assert len(names) > 20
    for name in names:
        np.testing.assert_array_equal(seen[name], expected[name], err_msg=name)
    logs = (json.loads((run.out / "log").read_text()) for run in (plain, watched))
    for without, with_scores in zip(*logs):
        assert (f"ms_ssim_{N}" in with_scores) == (with_scores["iteration"] == 2)
        for key in without.keys() - {"elapsed_time"}:
            assert with_scores[key] == without[key]


def test_scores_equal_those_of_the_cpu(scored_run):
    on_device, on_cpu = (
        values(read_scores(scored_run(device[1:5], device, PIXEL_SCORES + FEATURE_SCORES).out))
        for device in ("@cupy:0", "@numpy")
    )
    assert len(on_device) == 13  # KID has no spread at so few images
    assert on_device == pytest.approx(on_cpu, **TOLERANCE)


def test_features_equal_those_of_the_cpu(small_network, counting):
    """Chainer's network on the device, OpenCV's copy of it on the CPU."""
    images = draw_images(3)
    expected = features.make_extractor()(images)
    extractor = features.make_extractor(device="@cupy:0")
    with counting() as seen:
        found = extractor(images)
    assert expected.std() > 0.01
    np.testing.assert_allclose(found, expected, atol=5e-4)
    assert seen.d2h_calls == 1  # the features


@pytest.fixture
def finished_run(tmp_path):
    """The folder of a run on the device."""
    run = small_run(tmp_path / "run", "@cupy:0")
    for param in run.gen.params():  # so that images differ visibly
        param.array *= 5
    run.train()
    return run.out


@pytest.mark.parametrize("model", ["", "snapshot_iter_4", "gen_iter_4.npz"])
def test_generate_draws_what_it_draws_on_the_cpu(finished_run, tmp_path, model, capsys):
    flags = ["--seed=7", "--grid=3", "--images=4", "--interpolation=2", "--steps=3", "--gpu"]
    pictures = []
    for gpu, place in (("0", "CUDA device 0"), ("-1", "the CPU")):
        out = tmp_path / f"out{gpu}"
        arguments = [str(finished_run / model), "--out", str(out), *flags, gpu]
        assert generate.main(arguments) == 0
        assert place in capsys.readouterr().out
        paths = sorted(out.rglob("*.png"))
        pictures.append({p.relative_to(out): np.asarray(Image.open(p), int) for p in paths})
    seen, expected = pictures
    assert seen.keys() == expected.keys() and len(seen) == 1 + 4 + 2
    for name, picture in expected.items():
        assert picture.std() > 10
        assert np.abs(seen[name] - picture).max() <= 1, name


def test_evaluate_judges_as_on_the_cpu(finished_run, small_network, tmp_path, capsys):
    folder = tmp_path / "faces"
    folder.mkdir()
    for i, image in enumerate(draw_images(24)):
        Image.fromarray(image.transpose(1, 2, 0)).save(folder / f"{i:02}.png")
    scores = ",".join(PIXEL_SCORES + FEATURE_SCORES)
    arguments = [str(finished_run), "--n", str(N), "--scores", scores, "--dataset", str(folder)]
    found = []
    for gpu, place in (("0", "CUDA device 0"), ("-1", "the CPU")):
        assert evaluate.main([*arguments, "--gpu", gpu]) == 0
        assert place in capsys.readouterr().out
        found.append(read_scores(finished_run))
    on_device, on_cpu = found[0], found[1][len(found[0]) :]
    assert len(on_device) == 13  # KID has no spread at so few images
    assert values(on_device) == pytest.approx(values(on_cpu), **TOLERANCE)
