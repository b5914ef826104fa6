import shutil

import numpy as np
import pytest

from chainer_gan_anime.runs.checkpoints import (
    draw_images,
    find_checkpoints,
    list_checkpoints,
)
from chainer_gan_anime.runs.generators import load_generator
from crawler.shared.errors import UserError


def test_checkpoints_by_name_age_and_path(trained_run):
    iterations = [c.iteration for c in list_checkpoints(trained_run)]
    assert iterations == [3, 6]
    assert [c.iteration for c in find_checkpoints(trained_run)] == [6]
    assert [c.iteration for c in find_checkpoints(trained_run, "3")] == [3]
    assert [c.iteration for c in find_checkpoints(trained_run, "all")] == [3, 6]
    path = trained_run / "gen_iter_3.npz"
    assert find_checkpoints(trained_run, str(path))[0] == (path, 3)
    renamed = shutil.copy(path, trained_run / "best.npz")
    assert find_checkpoints(trained_run, renamed)[0].iteration is None


def test_the_newest_is_the_highest_iteration_not_the_last_name(trained_run):
    shutil.copy(trained_run / "gen_iter_3.npz", trained_run / "gen_iter_12.npz")
    assert [c.iteration for c in list_checkpoints(trained_run)] == [3, 6, 12]
    assert [c.iteration for c in find_checkpoints(trained_run)] == [12]


def test_the_average_is_judged_where_there_is_one(trained_run):
    shutil.copy(trained_run / "gen_iter_3.npz", trained_run / "gen_average_iter_3.npz")
    assert [c.path.name for c in find_checkpoints(trained_run, "all")] == [
        "gen_average_iter_3.npz"
    ]


def test_the_live_one_is_judged_where_it_is_asked_for(trained_run):
    shutil.copy(trained_run / "gen_iter_3.npz", trained_run / "gen_average_iter_3.npz")
    assert [c.path.name for c in list_checkpoints(trained_run)] == ["gen_average_iter_3.npz"]
    names = [c.path.name for c in find_checkpoints(trained_run, "all", live=True)]
    assert names == ["gen_iter_3.npz", "gen_iter_6.npz"]


def test_a_full_snapshot_alone_will_do(trained_run):
    for path in trained_run.glob("gen_*"):
        path.unlink()
    (checkpoint,) = find_checkpoints(trained_run)
    assert checkpoint.path.name == "snapshot_iter_6" and checkpoint.iteration == 6
    gen, _ = load_generator(checkpoint.path)
    assert draw_images(gen, 3, 0).shape == (3, 3, 16, 16)


def test_the_newest_is_the_newest_whole(trained_run):
    path = trained_run / "gen_iter_6.npz"
    path.write_bytes(path.read_bytes()[:-1000])
    assert [c.iteration for c in find_checkpoints(trained_run)] == [3]
    (trained_run / "gen_iter_3.npz").write_bytes(b"PK")
    with pytest.raises(UserError, match="holds no whole generator"):
        find_checkpoints(trained_run)


def test_what_is_missing_is_said(trained_run, tmp_path):
    with pytest.raises(UserError, match="has no generator of iteration 5; it has those of 3, 6"):
        find_checkpoints(trained_run, "5")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no snapshots"):
        find_checkpoints(tmp_path / "empty")
    with pytest.raises(UserError, match="is no folder"):
        find_checkpoints(tmp_path / "nothing")


def test_drawing_is_seeded_and_disturbs_nothing(trained_run):
    gen, _ = load_generator(trained_run / "gen_iter_6.npz")
    state = gen.rng.get_state()[1].copy()
    parameters = {name: p.array.copy() for name, p in gen.namedparams()}
    mean = gen.bn0.avg_mean.copy()
    images = draw_images(gen, 700, seed=1)  # more than one batch
    assert images.dtype == np.uint8 and images.shape == (700, 3, 16, 16)
    np.testing.assert_array_equal(images, draw_images(gen, 700, seed=1))
    assert (images != draw_images(gen, 700, seed=2)).any()
    np.testing.assert_array_equal(gen.rng.get_state()[1], state)
    np.testing.assert_array_equal(gen.bn0.avg_mean, mean)
    for name, parameter in gen.namedparams():
        np.testing.assert_array_equal(parameter.array, parameters[name])
