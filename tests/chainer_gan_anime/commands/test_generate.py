import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.commands import generate
from chainer_gan_anime.figures.grid import save_png
from chainer_gan_anime.runs import npz


@pytest.fixture
def main():
    return lambda *arguments: generate.main([*map(str, arguments), "--gpu", "-1"])


@pytest.fixture
def model(make_settings, tmp_path):
    gen = registry.make_generator(make_settings())
    for param in gen.params():  # so that images differ visibly
        param.array *= 10
    path = tmp_path / "gen_iter_1.npz"
    npz.save(path, gen)
    return path


def size(path):
    return Image.open(path).size


def test_every_drawing(main, model, tmp_path, capsys):
    flags = "--grid 3 --images 4 --interpolation 2 --steps 5 --walk 3 --seed 7"
    assert main(model, "--out", tmp_path / "out", *flags.split()) == 0
    out = tmp_path / "out"
    assert size(out / "grid_seed7.png") == (3 * 18 + 2, 3 * 18 + 2)
    assert len(list((out / "images_seed7").iterdir())) == 4
    for kind in ("spherical", "linear"):
        assert size(out / f"interpolation_{kind}_seed7.png") == (5 * 18 + 2, 2 * 18 + 2)
    with Image.open(out / "walk_seed7.gif") as gif:
        assert gif.n_frames == 15 and gif.size == (64, 64)
    assert "seed 7" in capsys.readouterr().out


def test_the_seed_decides(main, model, tmp_path):
    pictures = {}
    for out, seed in [("a", 1), ("b", 1), ("c", 2)]:
        assert main(model, "--out", tmp_path / out, "--grid", 2, "--seed", seed) == 0
        pictures[out] = np.asarray(Image.open(tmp_path / out / f"grid_seed{seed}.png"))
    np.testing.assert_array_equal(pictures["a"], pictures["b"])
    assert (pictures["a"] != pictures["c"]).any()


def test_the_timeline_of_a_run(main, tmp_path):
    (tmp_path / "preview").mkdir()
    for i in range(3):
        save_png(tmp_path / "preview" / f"iter_{i:08}.png", np.full((8, 8, 3), i * 100, np.uint8))
    assert main(tmp_path, "--timeline") == 0
    with Image.open(tmp_path / "samples" / "timeline.gif") as gif:
        assert gif.n_frames == 3


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["nosuch.npz"], "nosuch.npz does not exist"),
        (["x", "--grid", "0"], "--grid 0 is too small"),
        (["x", "--seed", "-1"], "--seed -1 is out of range"),
        (["x", "--seed", "4294967296"], "--seed 4294967296 is out of range"),
        (["x", "--gird", "3"], "--gird is unknown: did you mean --grid?"),
        (
            ["x", "--onnx", "o", "--walk", "3"],
            "--walk belongs to pictures, and --onnx writes none",
        ),
        (["x", "--onnx", "o", "--tags", "smile"], "--tags belongs to pictures"),
        (["x", "--onnx", "o", "--steady", "0.3"], "--steady belongs to pictures"),
        (["x", "--onnx", "o", "--truncation", "0.5"], "--truncation belongs to pictures"),
        (["x", "--onnx", "o", "--seed", "3"], "--seed belongs to pictures"),
        (["x", "--onnx", "o", "--timeline"], "--timeline belongs to pictures"),
        (["x", "--out", "file"], "file cannot be a folder"),
        (["x", "--out", "file/below"], "file/below cannot be a folder, as file is a file"),
    ],
)
def test_mistakes(main, capsys, tmp_path, monkeypatch, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert main(*arguments) == 2
    assert sentence in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_truncated_faces_go_to_files_of_their_own(main, model, tmp_path, capsys):
    flags = ["--out", tmp_path, "--grid", 2]
    assert main(model, *flags) == 0
    assert main(model, *flags, "--truncation", "0.5") == 0
    assert "Truncated: latents scaled to U(-0.5, 0.5)." in capsys.readouterr().out
    plain, cut = (
        np.asarray(Image.open(tmp_path / f"grid_seed0{end}.png")) for end in ("", "_truncation0.5")
    )
    assert plain.shape == cut.shape and (plain != cut).any()
    assert main(model, *flags, "--truncation", "2") == 2
    assert "take from 0.02 to 1" in capsys.readouterr().err


def test_steady_faces_go_to_files_of_their_own(main, model, tmp_path, capsys):
    flags = ["--out", tmp_path, "--grid", 2]
    assert main(model, *flags) == 0
    assert main(model, *flags, "--steady", "0.3") == 0
    assert "Steady: latents moved into the steadiest 0.3 of them." in capsys.readouterr().out
    plain, steady = (
        np.asarray(Image.open(tmp_path / f"grid_seed0{end}.png")) for end in ("", "_steady0.3")
    )
    assert plain.shape == steady.shape and (plain != steady).any()
    assert main(model, *flags, "--steady", "30") == 2
    assert "take one from 0.01 to 1, such as 0.3" in capsys.readouterr().err


def test_faces_of_other_tags_go_to_files_of_their_own(
    main, make_settings, tagged_faces, tmp_path, capsys
):
    model = tmp_path / "gen_iter_1.npz"
    npz.save(model, registry.make_generator(make_settings("acgan"), tagged_faces.vocabulary))
    out = tmp_path / "out"
    flags = [model, "--out", out, "--grid", 2, "--images", 2, "--seed", 3]
    assert main(*flags, "--tags", "red_hair") == 0
    assert main(*flags, "--tags", "blue_hair,smile") == 0
    ends = ["blue_hair_smile", "red_hair"]
    names = [f"grid_seed3_{end}.png" for end in ends] + [f"images_seed3_{end}" for end in ends]
    assert sorted(path.name for path in out.iterdir()) == names
    assert main(*flags, "--tags", "green/hair") == 2
    assert "the tag green/hair is unknown" in capsys.readouterr().err
    assert len(list(out.iterdir())) == 4
