import shutil

import chainer
import pytest

from chainer_gan_anime.common.dataset import load_faces
from chainer_gan_anime.reproduction import draw_two_sets
from chainer_gan_anime.run import Run
from chainer_gan_anime.settings import resolve

TINY = dict(ch=8, image_size=16, batch_size=10, iterations=6, snapshot_every=0.5, log_every=1)


@pytest.fixture(scope="session")
def _drawn_sets(tmp_path_factory):
    return draw_two_sets(tmp_path_factory.mktemp("sets"), 60, 16)


@pytest.fixture(scope="session")
def trained_folders(_drawn_sets, tmp_path_factory):
    """Two finished runs of drawn faces, with generators of iterations 3 and 6; not to change."""
    folder = tmp_path_factory.mktemp("runs")
    for algorithm, path in zip(("dragan", "sngan"), _drawn_sets):
        settings = resolve(algorithm, str(path), **TINY)
        faces = load_faces(str(path), 16, cache=False)
        out = folder / f"{algorithm}_{path.stem}"
        Run(settings, faces, out, chainer.get_device("@numpy"), lambda sentence: None).train()
    return [folder / "dragan_white", folder / "sngan_coloured"]


@pytest.fixture
def run_folders(trained_folders, tmp_path):
    """Copies of them, to spoil freely."""
    return [shutil.copytree(path, tmp_path / "runs" / path.name) for path in trained_folders]
