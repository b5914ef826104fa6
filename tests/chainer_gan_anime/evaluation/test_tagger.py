import dataclasses
import zipfile

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.commands.tag import main
from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.evaluation.tagger import RECIPES, Tagger, read_names, write_tags
from chainer_gan_anime.pretrained.onnx_graph import OnnxGraph
from crawler.shared.errors import UserError

NAMES = ["blue_hair", "green_hair", "red_hair"]  # as BGR comes
CAFFE = """
name: "means" input: "data" input_dim: 1 input_dim: 3 input_dim: 224 input_dim: 224
layer { name: "pool" type: "Pooling" bottom: "data" top: "pool"
  pooling_param { pool: AVE global_pooling: true } }
layer { name: "prob" type: "Power" bottom: "pool" top: "prob" power_param { scale: 0.00392157 } }
"""


@pytest.fixture
def wd14(tmp_path):
    """A network that wants (B, H, W, 3) and gives the mean of each channel, 0 to 1."""
    graph = OnnxGraph((1, 8, 8, 3))
    h = graph._node("Transpose", ["input"], perm=[0, 3, 1, 2])
    h = graph.conv(h, np.eye(3, dtype="f")[..., None, None] / 255, np.zeros(3, "f"))
    path = tmp_path / "wd14.onnx"
    path.write_bytes(graph.to_bytes(graph.global_average(h), (1, 3, 1, 1)))
    return path


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "set"
    place.mkdir()
    for name, colour in {"r": (250, 100, 0), "g": (0, 250, 20), "b": (120, 0, 250)}.items():
        Image.new("RGB", (8, 8), colour).save(place / f"{name}.png")
    (place / "torn.png").write_bytes(b"no picture")
    return place


def solid(*colours):
    return np.array(colours, np.uint8)[:, :, None, None] * np.ones((1, 1, 8, 8), np.uint8)


def test_wd14_gets_bgr_with_channels_last(wd14):
    recipe = dataclasses.replace(RECIPES["wd14"], input_size=8)
    seen = Tagger(wd14, NAMES, recipe).read(solid((255, 51, 0), (0, 0, 102)))
    np.testing.assert_allclose(seen, [[0, 0.2, 1], [0.4, 0, 0]], atol=1e-5)


def test_illustration2vecs_mean_is_taken_off_in_bgr(tmp_path):
    (tmp_path / "i2v.prototxt").write_text(CAFFE)
    (tmp_path / "i2v.caffemodel").write_bytes(b"")
    tagger = Tagger(tmp_path / "i2v.caffemodel", NAMES, RECIPES["i2v"])
    images = np.repeat(np.repeat(solid((255, 100, 10)), 28, 2), 28, 3)
    expected = (np.array([10, 100, 255]) - RECIPES["i2v"].mean) / 255
    np.testing.assert_allclose(tagger.read(images)[0], expected, atol=1e-3)


def test_of_colours_the_likeliest_and_of_others_all_that_are_believed(wd14):
    tagger = Tagger(wd14, [*NAMES, "smile", "hat"], RECIPES["wd14"])
    chosen = tagger.choose(np.array([[0.1, 0.2, 0.15, 0.5, 0.2], [0.9, 0.8, 0, 0.4, 0.36]]))
    assert chosen == [["green_hair", "smile"], ["blue_hair", "smile", "hat"]]


def test_the_command_writes_what_a_set_is_read_with(wd14, folder, tmp_path, capsys):
    (tmp_path / "names.csv").write_text("tag_id,name\n1,Blue hair\n2,green_hair\n3,red_hair\n")
    flags = ["--model", str(wd14), "--names", str(tmp_path / "names.csv"), "--size", "8"]
    assert main([str(folder), *flags]) == 0
    assert (
        folder / "tags.csv"
    ).read_text() == "b.png,blue_hair\ng.png,green_hair\nr.png,red_hair\n"
    (folder / "torn.png").unlink()
    faces = load_faces(str(folder), 8, tagged=True)
    assert faces.vocabulary.groups["hair"] == tuple(NAMES)
    np.testing.assert_array_equal(faces.tags, np.eye(3))
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.write(folder / "r.png", "r.png")
    assert main([str(tmp_path / "set.zip"), *flags]) == 0
    assert (tmp_path / "tags.csv").read_text() == "r.png,red_hair\n"


def test_where_the_tags_go_is_looked_at_first(wd14, folder, tmp_path, monkeypatch, capsys):
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    flags = [str(folder), "--model", str(wd14), "--names", str(tmp_path / "names.txt")]
    flags += ["--size", "8", "--out"]
    assert main([*flags, str(tmp_path / "new" / "place" / "tags.csv")]) == 0
    assert len((tmp_path / "new" / "place" / "tags.csv").read_text().splitlines()) == 3
    monkeypatch.setattr(Tagger, "read", lambda *_: pytest.fail("it was tagged first"))
    assert main([*flags, str(folder)]) == 2
    assert "is a folder: give a file, such as" in capsys.readouterr().err
    assert main([*flags, str(wd14 / "tags.csv")]) == 2
    assert "wd14.onnx is a file: give another place" in capsys.readouterr().err


def test_what_training_leaves_out_is_not_tagged(wd14, folder, tmp_path, monkeypatch):
    # Pillow refuses a picture of so many pixels by an error that is no OSError.
    Image.new("RGB", (100, 100)).save(folder / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    recipe = dataclasses.replace(RECIPES["wd14"], input_size=8)
    tagger = Tagger(wd14, NAMES, recipe)
    assert write_tags(folder, tagger, tmp_path / "tags.csv", 8) == 3
    # A member whose bytes are not those that its checksum is of is a BadZipFile.
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.write(folder / "r.png", "r.png")
        archive.write(folder / "g.png", "g.png")
    data = (tmp_path / "set.zip").read_bytes()
    picture = (folder / "g.png").read_bytes()
    (tmp_path / "set.zip").write_bytes(data.replace(picture, picture[::-1]))
    assert write_tags(tmp_path / "set.zip", tagger, tmp_path / "tags.csv", 8) == 1
    assert (tmp_path / "tags.csv").read_text() == "r.png,red_hair\n"


def test_names_of_each_kind(tmp_path):
    files = {
        "a.json": '["Blue Hair", "1girl"]',
        "a.csv": "tag_id,name\n7,blue_hair\n8,1girl\n",
        "a.txt": "blue hair\n1girl\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        assert read_names(tmp_path / name) == ["blue_hair", "1girl"]


def test_bad_models_and_names(wd14, folder, tmp_path, capsys):
    (tmp_path / "two.txt").write_text("blue_hair\nred_hair\n")
    (tmp_path / "list.csv").write_text("tag\nx\n")
    (tmp_path / "bad.onnx").write_bytes(b"nothing")
    cases = {
        (wd14, "two.txt"): "gives 3 numbers for 2 names",
        (wd14, "list.csv"): "cannot be read as names of tags",
        (tmp_path / "bad.onnx", "two.txt"): "OpenCV cannot read",
        (tmp_path / "no.onnx", "two.txt"): "there is no model file",
    }
    for (model, names), sentence in cases.items():
        flags = ["--model", str(model), "--names", str(tmp_path / names), "--size", "8"]
        assert main([str(folder), *flags]) == 2
        assert sentence in capsys.readouterr().err
    with pytest.raises(UserError, match="does not run on 8 px images"):
        wrong = dataclasses.replace(RECIPES["wd14"], input_size=8, layer="nosuch")
        Tagger(wd14, NAMES, wrong).read(solid((0, 0, 0)))
