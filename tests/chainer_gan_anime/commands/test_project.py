import re

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.commands.project import main
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.figures.studio import face_text
from chainer_gan_anime.runs.generators import load_generator


@pytest.fixture
def pictures(trained_once, tmp_path):
    """Two of the generator's own faces, and their latents."""
    gen, _ = load_generator(trained_once)
    z = gen.make_hidden(2, np.random.RandomState(5)).reshape(2, -1)
    paths = []
    for i, image in enumerate(generate(gen, z)):
        paths.append(tmp_path / f"{i}.png")
        Image.fromarray(image.transpose(1, 2, 0)).save(paths[-1])
    return [str(path) for path in paths]


def test_pictures_are_found_and_drawn(trained_once, pictures, tmp_path, capsys):
    out = tmp_path / "figure.png"
    flags = ["--steps", "40", "--restarts", "3", "--out", str(out), "--gpu", "-1"]
    assert main([str(trained_once), *pictures, *flags]) == 0
    said = capsys.readouterr().out
    distances = [float(text) for text in re.findall(r"([\d.]+) of 255 levels", said)]
    assert len(distances) == 2 and max(distances) < 10
    assert len(re.findall(r"in the studio: z[\w-]+\n", said)) == 2 and len(face_text([0.5])) == 4
    figure = np.asarray(Image.open(out))
    assert figure.shape == (2 * 18 + 2, 8 * 18 + 2, 3)
    np.testing.assert_array_equal(figure[2:18, 2:18], np.asarray(Image.open(pictures[0])))
    second_found, end_of_first = figure[20:36, 20:36], figure[2:18, -18:-2]
    assert np.abs(second_found.astype(int) - end_of_first).max() <= 1  # the morph arrives


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--cut", "wide"], "no face was found in"),
        (["--steps", "0"], "--steps 0 is too small"),
        (["--seed", "-1"], "--seed -1 is out of range"),
        (["--out", "/none/f.png"], "give a file in a folder that exists"),
    ],
)
def test_mistakes_are_answered_in_a_sentence(trained_once, pictures, capsys, flags, sentence):
    assert main([str(trained_once), pictures[0], *flags]) == 2
    assert sentence in capsys.readouterr().err


def test_what_is_no_picture(trained_once, tmp_path, capsys):
    (tmp_path / "text.png").write_text("no picture")
    for name in ("text.png", "none.png"):
        assert main([str(trained_once), str(tmp_path / name)]) == 2
        assert "cannot be read as a picture" in capsys.readouterr().err
