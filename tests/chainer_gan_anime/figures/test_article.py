import json
import re

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.data.dataset import load_faces
from chainer_gan_anime.figures import article
from chainer_gan_anime.figures.article import draw_article
from chainer_gan_anime.figures.grid import make_grid
from chainer_gan_anime.figures.neighbours import realism
from chainer_gan_anime.runs.checkpoints import draw_images
from chainer_gan_anime.runs.finished import load_runs

N, SEED = 40, 3


class MeanFeatures:
    """Stands in for a feature network: the mean colours of the quarters of an image."""

    name = identity = "means"
    batch_size = 50

    def __call__(self, images):
        n, c, h, w = images.shape
        quarters = images.reshape(n, c, 2, h // 2, 2, w // 2).mean(axis=(3, 5))
        return quarters.reshape(n, -1).astype(np.float32)


@pytest.fixture(scope="module")
def material(trained_folders):
    runs = load_runs(trained_folders)
    return runs, [load_faces(run.settings.dataset, 16, cache=False) for run in runs]


@pytest.fixture(scope="module")
def drawn(material, tmp_path_factory):
    """The folder of all figures, drawn once, and what was said."""
    out, said = tmp_path_factory.mktemp("figures") / "out", []
    draw_article(*material, out, MeanFeatures(), N, SEED, report=said.append)
    return out, said


def data_of(page):
    text = page.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])


def test_every_figure_is_drawn(drawn, material):
    (out, said), (runs, _) = drawn, material
    names = {path.name for path in out.iterdir()}
    of_runs = {
        f"{kind}_{run}"
        for kind in ("samples", "best", "worst", "neighbours", "walk")
        for run in ("dragan_white.png", "sngan_coloured.png")
    }
    animations = {f"{kind}_{run.file_name}.gif" for kind in ("timeline", "walk") for run in runs}
    sheets = {"training_white.png", "training_coloured.png"}
    assert names == of_runs | animations | sheets | {"plate.png", "game.png", "index.html"}
    assert said == [f"Wrote {len(names)} files to {out}; open {out / 'index.html'}."]
    side = 5 * 18 + 2
    assert Image.open(out / "samples_dragan_white.png").size == (182, 182)
    assert Image.open(out / "training_white.png").size == (side, side)
    assert Image.open(out / "neighbours_dragan_white.png").size == (6 * 18 + 2,) * 2
    timeline = Image.open(out / "timeline_sngan_coloured.gif")
    assert (timeline.n_frames, timeline.size) == (2, (side, side))
    data = data_of(out / "index.html")
    assert [run["name"] for run in data["runs"]] == ["DRAGAN, white", "SN-GAN, coloured"]
    assert [frame["iteration"] for frame in data["runs"][0]["frames"]] == [3, 6]
    assert len(data["runs"][0]["looks"]) == 4 and len(data["sheets"]) == 2


def test_the_plate_shows_the_last_generators(drawn, material):
    (out, _), (runs, _) = drawn, material
    plate = np.asarray(Image.open(out / "plate.png"))
    grid = make_grid(runs[0].draw(runs[0].checkpoints[-1], runs[0].preview_latents(25)), 5)
    np.testing.assert_array_equal(plate[24 : 24 + len(grid), 24 : 24 + len(grid)], grid)


def test_best_and_worst_are_by_realism(drawn, material):
    (out, _), (runs, faces) = drawn, material
    images = draw_images(runs[1].load(), N, SEED)
    features = MeanFeatures()
    values = realism(features(faces[1].images), features(images))
    best = make_grid(images[np.argsort(-values, kind="stable")[:25]], 5)
    np.testing.assert_array_equal(Image.open(out / "best_sngan_coloured.png"), best)
    worst = np.asarray(Image.open(out / "worst_sngan_coloured.png"))
    first = images[values.argmin()].transpose(1, 2, 0)
    np.testing.assert_array_equal(worst[2:18, 2:18], first)


def test_a_copy_to_share_has_no_training_picture_and_else_the_same(drawn, material, tmp_path):
    draw_article(*material, tmp_path, MeanFeatures(), N, SEED, False, lambda sentence: None)
    names, before = ({path.name for path in folder.iterdir()} for folder in (tmp_path, drawn[0]))
    shown = {name for name in before if name.startswith(("training", "neighbours"))}
    assert len(shown) == 4
    assert names == before - shown | {"drawn_white.png", "drawn_coloured.png"}
    data = data_of(tmp_path / "index.html")
    assert data["sheets_title"].startswith("Drawn faces")
    assert all("training" not in look["caption"] for run in data["runs"] for look in run["looks"])
    for name in names & before - {"index.html"}:
        assert (tmp_path / name).read_bytes() == (drawn[0] / name).read_bytes(), name


def test_without_features_realism_and_neighbours_are_left_out(material, tmp_path, monkeypatch):
    monkeypatch.setattr(article, "plot_game", lambda *_: None)  # slow, and drawn above
    draw_article(*material, tmp_path, report=lambda sentence: None)
    names = {path.name for path in tmp_path.iterdir()}
    assert not [name for name in names if name.startswith(("best", "worst", "neighbours"))]
    looks = data_of(tmp_path / "index.html")["runs"][0]["looks"]
    assert [look["caption"].split(",")[0] for look in looks] == ["A walk through latents"]
