import dataclasses
import json
import shutil

import numpy as np
import pytest

from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.runs.finished import load_run
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.runs.npz import SafeNpz
from chainer_gan_anime.runs.published import publish_run, save_small
from chainer_gan_anime.runs.records import Result, append_scores, read_scores
from crawler.shared.errors import UserError


@pytest.fixture
def averaged_run(trained_run):
    """A run that keeps averages, too: those of iteration 6 are what G was after 3."""
    shutil.copy(trained_run / "gen_iter_3.npz", trained_run / "gen_average_iter_6.npz")
    return trained_run


def test_small_files_draw_the_same_within_rounding(trained_once, tmp_path, rng):
    gen, _ = load_generator(trained_once)
    save_small(tmp_path / "small.npz", gen)
    small, _ = load_generator(tmp_path / "small.npz")
    z = gen.make_hidden(20, rng)
    difference = generate(gen, z).astype(int) - generate(small, z)
    assert np.abs(difference).max() <= 2
    npz = SafeNpz(tmp_path / "small.npz")
    assert npz["l0/W"].dtype == np.float16 and npz["bn0/avg_var"].dtype == np.float32
    assert all(param.dtype == np.float32 for param in small.params())
    npz.close()


def draw(path, z):
    return generate(load_generator(path)[0], z).astype(int)


def test_both_generators_draw_as_in_the_run(averaged_run, tmp_path, rng):
    run = load_run(averaged_run)
    folder = publish_run(run, tmp_path / "out")
    assert folder.name == "sngan_tiny"
    names = {"gen_iter_6.npz", "gen_average_iter_6.npz"}
    assert {path.name for path in folder.iterdir()} == {*names, "dis_iter_6.npz", "settings.json"}
    z = run.load().make_hidden(20, rng)
    drawn = {name: draw(folder / name, z) for name in names}
    for name in names:
        assert np.abs(drawn[name] - draw(averaged_run / name, z)).max() <= 2
        assert (folder / name).stat().st_size < 0.7 * (averaged_run / name).stat().st_size
    assert np.abs(np.subtract(*drawn.values())).max() > 2
    np.testing.assert_array_equal(draw(folder, z), drawn["gen_average_iter_6.npz"])


def test_an_average_is_not_given_other_statistics_when_it_is_loaded(averaged_run, tmp_path):
    folder = publish_run(load_run(averaged_run), tmp_path)
    gen, _ = load_generator(folder)
    npz = SafeNpz(folder / "gen_average_iter_6.npz")
    np.testing.assert_array_equal(gen.bn0.avg_mean, npz["bn0/avg_mean"])
    npz.close()


def test_no_path_is_published_and_it_is_read_as_a_run(averaged_run, tmp_path, tiny_dataset):
    scores = [Result("kid_10", 0.25, 0.0, 10, 10, None)]
    for file in ("gen_iter_6.npz", "gen_average_iter_6.npz", "gen_iter_3.npz"):
        facts = dict(file=file, iteration=int(file.split("_")[-1][0]), seed=0, dataset="tiny")
        append_scores(averaged_run, scores, [], facts)
    run = dataclasses.replace(load_run(averaged_run), set_name="getchu-like")
    folder = publish_run(run, tmp_path)
    texts = [path.read_text() for path in folder.iterdir() if path.suffix != ".npz"]
    assert len(texts) == 2 and not any(str(tiny_dataset.parent) in text for text in texts)
    published = load_run(folder)
    assert published.name == "SN-GAN, getchu-like"
    assert published.facts["data"]["sha256"] == run.facts["data"]["sha256"]
    assert [line["file"] for line in published.scores] == ["gen_average_iter_6.npz"]
    assert [line["file"] for line in load_run(folder, live=True).scores] == ["gen_iter_6.npz"]


def test_scores_that_name_no_file_are_not_published(trained_run, tmp_path):
    scores = [Result("kid_10", 0.25, 0.0, 10, 10, None)]
    for named in ({}, {"file": None}, {"file": "gen_iter_6.npz"}):
        append_scores(trained_run, scores, [], {"iteration": 6, "dataset": "tiny", **named})
    folder = publish_run(load_run(trained_run), tmp_path / "out")
    assert [line["file"] for line in read_scores(folder)] == ["gen_iter_6.npz"]


def test_what_was_published_before_makes_room(trained_run, averaged_run, tmp_path):
    run = load_run(averaged_run)
    folder = publish_run(run, tmp_path)
    for kind in ("gen", "gen_average"):
        (averaged_run / f"{kind}_iter_6.npz").rename(averaged_run / f"{kind}_iter_7.npz")
    assert publish_run(load_run(averaged_run), tmp_path) == folder
    found = {path.name for path in folder.glob("*.npz")}
    assert found == {"gen_iter_7.npz", "gen_average_iter_7.npz"}
    assert json.loads((folder / "settings.json").read_text())["settings"]["dataset"] == "tiny"


def test_a_run_is_not_published_over_itself_or_another(trained_run, tmp_path):
    run = load_run(trained_run)
    own = dataclasses.replace(run, path=trained_run.rename(tmp_path / run.file_name))
    published = publish_run(own, tmp_path / "best")
    others = tmp_path / "others"
    shutil.copytree(own.path, others / run.file_name)
    (others / run.file_name / "training.lock").unlink()
    locked = tmp_path / "locked" / run.file_name
    locked.mkdir(parents=True)
    (locked / "training.lock").touch()
    cases = {tmp_path: own, published.parent: load_run(published), others: own}
    for out, run in {**cases, locked.parent: own}.items():
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        with pytest.raises(UserError, match="is a run's own folder.*give --out another folder"):
            publish_run(run, out)
        after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        assert after == before


def test_the_discriminator_is_published_for_who_trains_on(trained_run, tmp_path):
    folder = publish_run(load_run(trained_run), tmp_path)
    small, whole = (SafeNpz(path / "dis_iter_6.npz") for path in (folder, trained_run))
    assert set(small) == set(whole)
    for name in whole:
        np.testing.assert_allclose(small[name], whole[name], rtol=1e-3, atol=1e-6)
    assert small["c0_0/W"].dtype == np.float16
    small.close()
    whole.close()


def test_no_path_of_a_start_is_published(trained_run, tmp_path):
    run = load_run(trained_run)
    settings = dataclasses.replace(run.settings, start_from=str(tmp_path / "before"))
    folder = publish_run(dataclasses.replace(run, settings=settings), tmp_path / "out")
    assert load_run(folder).settings.start_from == "before"
