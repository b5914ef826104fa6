import numpy as np
from PIL import Image

from chainer_gan_anime.commands import figures
from chainer_gan_anime.common.sampling import draw_latents, generate
from chainer_gan_anime.common.steadiness import find_steady_direction, move_to_steady
from chainer_gan_anime.figures.grid import make_grid
from chainer_gan_anime.figures.plate import MARGIN_PX
from chainer_gan_anime.runs.finished import load_run


def test_steady_faces_stand_above_those_of_the_same_latents(trained_run, tmp_path, capsys):
    flags = ["steady", str(trained_run), "--share", "0.2", "--seed", "4"]
    assert figures.main([*flags, "--out", str(tmp_path / "new")]) == 0
    assert "steady.png" in capsys.readouterr().out
    picture = np.asarray(Image.open(tmp_path / "new" / "steady.png").convert("RGB"))
    gen = load_run(trained_run).load()
    z = draw_latents(gen, 25, 4)
    moved = move_to_steady(gen, z, find_steady_direction(gen), 0.2)
    steady, plain = (make_grid(generate(gen, latents), 5) for latents in (moved, z))
    assert (steady != plain).any()
    side, left = len(plain), MARGIN_PX
    np.testing.assert_array_equal(picture[MARGIN_PX:, left:][:side, :side], steady)
    below = picture.shape[0] // 2
    rows = [
        row
        for row in range(below - 30, below + 30)
        if (picture[row : row + side, left : left + side] == plain).all()
    ]
    assert len(rows) == 1


def test_mistakes(trained_run, tmp_path, capsys):
    flags = ["steady", str(trained_run), "--out", str(tmp_path / "new")]
    assert figures.main([*flags, "--share", "0"]) == 2
    assert "0 is out of range: it is the share of the latents" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
