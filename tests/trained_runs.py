"""Fixtures: small finished runs, trained once a session; conftests take them from here."""

import shutil

import chainer
import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.pretrained.onnx_graph import OnnxGraph
from chainer_gan_anime.studies.reproduction import draw_two_sets
from chainer_gan_anime.training.place import choose_device
from chainer_gan_anime.training.run import Run

TINY = dict(ch=8, image_size=16, batch_size=10, iterations=6, snapshot_every=0.5, log_every=1)


@pytest.fixture(scope="session")
def tiny_dataset(tmp_path_factory):
    """A folder of 60 faces of 16 pixels: noise around two centres, on white."""
    folder = tmp_path_factory.mktemp("datasets") / "tiny"
    folder.mkdir()
    random = np.random.RandomState(0)
    centres = random.randint(60, 190, (2, 16, 16, 3))
    for i in range(60):
        pixels = (centres[i % 2] + random.randint(-20, 20, (16, 16, 3))).astype(np.uint8)
        pixels[0] = 255
        Image.fromarray(pixels).save(folder / f"{i:03}.png")
    return folder


@pytest.fixture(scope="session")
def make_run(tiny_dataset):
    """Returns a function that builds a run of the tiny set, 6 iterations long."""

    def make(out):
        faces = load_faces(str(tiny_dataset), 16, cache=False)
        device, _ = choose_device(-1)
        settings = resolve("sngan", str(tiny_dataset), **TINY)
        return Run(settings, faces, out, device, report=lambda sentence: None)

    return make


@pytest.fixture(scope="session")
def trained_once(make_run, tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp("runs") / "run")
    run.train()
    return run.out


@pytest.fixture
def trained_run(trained_once, tmp_path):
    """The folder of a finished run with generators of iterations 3 and 6, to spoil freely."""
    return shutil.copytree(trained_once, tmp_path / "run")


@pytest.fixture
def onnx_features(tmp_path):
    """The ``--features`` text of a network that averages the three channels."""
    graph = OnnxGraph((1, 3, 8, 8))
    h = graph.conv("input", np.eye(3, dtype="f")[..., None, None], np.zeros(3, "f"))
    path = tmp_path / "means.onnx"
    path.write_bytes(graph.to_bytes(graph.global_average(h), (1, 3, 1, 1)))
    return f"onnx:{path}?size=8&scale=0.01"


@pytest.fixture(scope="session")
def drawn_sets(tmp_path_factory):
    return draw_two_sets(tmp_path_factory.mktemp("sets"), 60, 16)


@pytest.fixture(scope="session")
def trained_folders(drawn_sets, tmp_path_factory):
    """Two finished runs of drawn faces, with generators of iterations 3 and 6; not to change."""
    folder = tmp_path_factory.mktemp("runs")
    for algorithm, path in zip(("dragan", "sngan"), drawn_sets):
        settings = resolve(algorithm, str(path), **TINY)
        faces = load_faces(str(path), 16, cache=False)
        out = folder / f"{algorithm}_{path.stem}"
        Run(settings, faces, out, chainer.get_device("@numpy"), lambda sentence: None).train()
    return [folder / "dragan_white", folder / "sngan_coloured"]


@pytest.fixture
def run_folders(trained_folders, tmp_path):
    """Copies of them, to spoil freely."""
    return [shutil.copytree(path, tmp_path / "runs" / path.name) for path in trained_folders]
