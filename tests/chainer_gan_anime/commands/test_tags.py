import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.commands import control, train
from chainer_gan_anime.common.sampling import draw_latents, generate
from chainer_gan_anime.evaluation import tag_reader
from chainer_gan_anime.runs.finished import load_run
from chainer_gan_anime.runs.generators import load_generator

SMALL = ["--ch", "8", "--batch-size", "8", "--log-every", "1", "--gpu", "-1"]


@pytest.fixture
def tagged_folder(tmp_path, tagged_faces):
    """The tagged faces as PNGs, with their tags.csv."""
    place = tmp_path / "set"
    place.mkdir()
    lines = []
    for i, (image, tags) in enumerate(zip(tagged_faces.images, tagged_faces.tags)):
        Image.fromarray(image.transpose(1, 2, 0)).save(place / f"{i:02}.png")
        names = [n for n, on in zip(tagged_faces.vocabulary.names, tags) if on]
        lines.append(",".join([f"{i:02}.png", *names]))
    (place / "tags.csv").write_text("\n".join(lines))
    return place


def run(folder, out, *flags, iterations=2):
    return train.main(
        ["--algorithm", "acgan", "--dataset", str(folder), "--image-size", "16", *SMALL]
        + ["--iterations", str(iterations), "--out", str(out), *flags]
    )


def test_a_run_by_tags_from_folder_to_figure(tagged_folder, tmp_path, capsys):
    out = tmp_path / "run"
    assert run(tagged_folder, out) == 0
    assert run(tagged_folder, out, "--resume", iterations=3) == 0
    gen, name = load_generator(out)
    assert name == "snapshot_iter_3"
    assert set(gen.vocabulary.names) == {"red_hair", "blue_hair", "smile"}
    images = generate(gen, draw_latents(gen, 3, 3, ["red_hair", "smile"]))
    assert images.shape == (3, 3, 16, 16)
    finished = load_run(out)
    assert finished.preview_latents(4).shape == (4, 103, 1, 1)
    assert finished.draw(finished.checkpoints[-1], finished.preview_latents(4)).shape[0] == 4
    # Of another vocabulary than the drawn set's: its tags cannot be read.
    assert control.main([str(out), "--out", str(tmp_path / "c")]) == 2
    assert "does not draw by the tags of drawn faces" in capsys.readouterr().err


def test_bad_tags_are_one_sentence(tagged_folder, tmp_path, capsys):
    out = tmp_path / "run"
    assert run(tagged_folder, out) == 0
    text = (tagged_folder / "tags.csv").read_text()
    cases = {
        text.replace("00.png,", "00.png,hat,"): "tags: others before",
        text.split("\n", 1)[1]: "no line for 1 of 40 images, the first of them 00.png",
        "other.png,smile\n": "it belongs to another set",
    }
    capsys.readouterr()
    for changed, sentence in cases.items():
        (tagged_folder / "tags.csv").write_text(changed)
        assert run(tagged_folder, out, "--resume") == 2
        error = capsys.readouterr().err
        assert sentence in error and error.count("\n") == 1
    (tagged_folder / "tags.csv").unlink()
    assert run(tagged_folder, out, "--resume") == 2
    assert "has no tags: put tags.csv into it" in capsys.readouterr().err


def test_where_the_table_goes_is_looked_at_before_anything_is_measured(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(control, "load_generator", lambda _: pytest.fail("it was begun"))
    (tmp_path / "file").touch()
    assert control.main([str(tmp_path / "run"), "--out", str(tmp_path / "file")]) == 2
    assert "is a file: give another place" in capsys.readouterr().err


def test_the_drawn_set_by_tags_and_its_score(tmp_path, monkeypatch):
    monkeypatch.setattr("chainer_gan_anime.data.dataset.SAMPLE_COUNT", 20)
    monkeypatch.setattr(control, "N_REAL", 60)
    monkeypatch.setattr(tag_reader, "N_TEACHING", 50)
    monkeypatch.setattr(tag_reader, "N_EPOCHS", 1)
    out = tmp_path / "run"
    flags = ["--algorithm", "acgan", "--dataset", "sample", "--image-size", "16", *SMALL]
    assert train.main([*flags, "--iterations", "2", "--out", str(out)]) == 0
    assert control.main([str(out), "--n", "24", "--out", str(tmp_path / "tags")]) == 0
    table = (tmp_path / "tags" / "scores.md").read_text().splitlines()
    assert [line.split(" | ")[0] for line in table[2:]] == [
        *("| hair", "| eyes", "| mouth", "| glasses")
    ]
    with Image.open(tmp_path / "tags" / "hair_over_fixed_z.png") as picture:
        assert picture.size == (2 * (12 * 18 + 2), 2 * (6 * 18 + 2))
    assert np.isfinite(float(table[2].split(" | ")[4]))
