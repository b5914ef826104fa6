import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.figures.curves import (
    plot_game,
    plot_scores,
    score_names,
    score_series,
    series,
    style,
)
from chainer_gan_anime.runs.finished import load_runs


@pytest.fixture
def runs(run_folders):
    return load_runs(run_folders)


def line(iteration, seed, value, score="kid_means_20"):
    return {"score": score, "iteration": iteration, "seed": seed, "value": value}


def test_a_series_is_what_the_log_says(runs):
    points = series(runs[0], "loss_gp")
    assert points == [(i / 6, entry["loss_gp"]) for i, entry in enumerate(runs[0].log, 1)]
    assert series(runs[1], "loss_gp") == []


def test_a_long_series_is_averaged(runs):
    log = [{"iteration": i, "loss_gen": float(i)} for i in range(1, 1001)]
    points = series(dataclasses.replace(runs[0], log=log), "loss_gen", max_points=10)
    assert len(points) == 10
    np.testing.assert_allclose([value for _, value in points], np.arange(10) * 100 + 50.5)


def test_scores_are_averaged_over_seeds_and_the_last_line_counts(runs):
    lines = [line(6, 0, 9.0), line(6, 0, 2.0), line(6, 1, 4.0), line(3, 0, 5.0)]
    run = dataclasses.replace(runs[0], scores=lines)
    assert score_series(run, "kid_means_20") == [(0.5, 5.0, 0.0), (1.0, 3.0, 1.0)]
    assert score_names([runs[1], run]) == ["kid_means_20"]


def test_scores_by_another_set_are_not_the_runs(runs):
    own = line(6, 0, 2.0) | {"dataset_sha256": runs[0].facts["data"]["sha256"]}
    others = line(6, 0, 9.0) | {"dataset_sha256": "another"}
    more = line(6, 0, 9.0, "fid_means_20") | {"dataset_sha256": "another"}
    run = dataclasses.replace(runs[0], scores=[own, others, more])
    assert score_series(run, "kid_means_20") == [(1.0, 2.0, 0.0)]
    assert score_names([run]) == ["kid_means_20"]


def coloured_pixels(path, rgb):
    picture = np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB")).astype(int)
    return (abs(picture - rgb).max(axis=2) < 12).sum()


def test_plots_show_every_run_in_its_colour(runs, tmp_path):
    runs = [
        dataclasses.replace(run, scores=[line(3, 0, 1.0), line(6, 0, 2.0 + i)])
        for i, run in enumerate(runs)
    ]
    plot_game(tmp_path / "game.png", runs)
    plot_scores(tmp_path / "scores.png", runs)
    for name in ("game.png", "scores.png"):
        assert coloured_pixels(tmp_path / name, (0x2F, 0x6D, 0xB3)) > 100
        assert coloured_pixels(tmp_path / name, (0xD1, 0x71, 0x3B)) > 100


def test_more_runs_than_colours_are_all_shown(runs, tmp_path):
    styles = [style(i) for i in range(24)]
    assert len(set(styles)) == 24 and {line for _, line in styles[:6]} == {"-"}
    scores = [[line(3, 0, 1.0), line(6, 0, 2.0 + i)] for i in range(7)]
    seven = [dataclasses.replace(runs[0], scores=lines) for lines in scores]
    for plot in (plot_game, plot_scores):
        plot(tmp_path / "six.png", seven[:6])
        plot(tmp_path / "seven.png", seven[:6] + [dataclasses.replace(seven[6], set_name="7th")])
        six, all_ = (Image.open(tmp_path / f"{name}.png") for name in ("six", "seven"))
        assert six.tobytes() != all_.tobytes()


def test_alarms_are_marked(runs, tmp_path):
    before = tmp_path / "before.png"
    plot_game(before, runs[:1])
    alarm = {"iteration": 4, "alarm": "collapse", "message": "x"}
    plot_game(tmp_path / "after.png", [dataclasses.replace(runs[0], alarms=[alarm])])
    blue = (0x2F, 0x6D, 0xB3)
    assert coloured_pixels(tmp_path / "after.png", blue) > coloured_pixels(before, blue) + 60
