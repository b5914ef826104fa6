import hashlib

import cv2
import numpy as np
import pytest

from chainer_gan_anime.common.sampling import generate, to_uint8
from chainer_gan_anime.export.from_file import export_onnx
from chainer_gan_anime.runs.generators import load_generator
from crawler.shared.errors import UserError

onnx = pytest.importorskip("onnx")


def test_a_runs_generator_and_what_is_known_of_it(trained_once, tmp_path):
    name = export_onnx(trained_once, tmp_path / "g.onnx")
    gen, loaded = load_generator(trained_once)
    assert name == loaded
    props = {p.key: p.value for p in onnx.load(tmp_path / "g.onnx").metadata_props}
    digest = hashlib.sha256((trained_once / "settings.json").read_bytes()).hexdigest()
    assert props == {
        "z_distribution": gen.z_distribution,
        "file": name,
        "iteration": "6",
        "run": "run",
        "settings_sha256": digest,
    }
    z = gen.make_hidden(5, np.random.RandomState(3))
    net = cv2.dnn.readNetFromONNX(str(tmp_path / "g.onnx"))
    net.setInput(z.reshape(5, -1))
    difference = to_uint8(net.forward()).astype(int) - generate(gen, z)
    assert abs(difference).max() <= 1


def test_a_folder_that_is_not_there(trained_once, tmp_path):
    for path in (tmp_path, tmp_path / "none" / "g.onnx"):
        with pytest.raises(UserError, match="cannot be written: give a file in a folder"):
            export_onnx(trained_once, path)
