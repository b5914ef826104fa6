import json
import shutil

import numpy as np
import pytest

from chainer_gan_anime.common.random_state import make_stream
from chainer_gan_anime.runs import npz
from chainer_gan_anime.runs.finished import load_run, load_runs
from chainer_gan_anime.runs.records import Result, append_scores
from chainer_gan_anime.training.preview import Preview
from crawler.shared.errors import UserError


def change_settings(folder, **values):
    path = folder / "settings.json"
    facts = json.loads(path.read_text())
    facts["settings"].update(values)
    path.write_text(json.dumps(facts))


def test_a_run_says_what_captions_need(run_folders):
    run = load_run(run_folders[1], {"coloured": "safebooru-like"})
    assert run.name == "SN-GAN, safebooru-like" and run.file_name == "sngan_safebooru-like"
    assert run.n_images == 60 and run.epoch(6) == 1
    assert run.caption() == "1 epochs of 60 images, preset article, 8 channels"
    assert [c.iteration for c in run.checkpoints] == [3, 6]
    assert len(run.log) == 6 and run.alarms == [] and run.scores == []


def test_an_epoch_counts_every_batch_that_d_eats(run_folders):
    change_settings(run_folders[0], n_dis=2)
    assert load_run(run_folders[0]).epoch(6) == 2


def test_latents_are_those_of_the_previews(run_folders):
    run = load_run(run_folders[0])
    preview = Preview(run.load(), make_stream(run.settings.seed, "preview"))
    np.testing.assert_array_equal(run.preview_latents(25), preview._z[:25])


def test_generators_differ_and_draw_uint8(run_folders):
    run = load_run(run_folders[0])
    z = run.preview_latents(4)
    first, last = (run.draw(checkpoint, z) for checkpoint in run.checkpoints)
    assert first.shape == (4, 3, 16, 16) and first.dtype == np.uint8
    assert (first != last).any()


def test_thinning_keeps_both_ends_and_last_of_all_the_last(run_folders):
    run = load_run(run_folders[0])
    assert run.thinned_checkpoints(5) == run.checkpoints
    assert run.thinned_checkpoints(1) == [run.checkpoints[-1]]


def test_a_generator_of_another_net_is_refused(run_folders):
    change_settings(run_folders[0], ch=16)
    with pytest.raises(UserError, match="generator of another net"):
        load_run(run_folders[0]).load()


def test_a_damaged_generator_is_refused(run_folders):
    path = run_folders[0] / "gen_iter_6.npz"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(npz.DamagedFileError, match="gen_iter_6"):
        load_run(run_folders[0]).load()


def test_what_is_no_run_is_one_sentence(run_folders, tmp_path):
    with pytest.raises(UserError, match="is no folder"):
        load_run(tmp_path / "nowhere")
    with pytest.raises(UserError, match="settings.json does not exist"):
        load_run(tmp_path)
    (run_folders[0] / "log").write_text("[{")
    with pytest.raises(UserError, match="log is damaged"):
        load_run(run_folders[0])
    for path in run_folders[1].glob("*_iter_*"):
        path.unlink()
    with pytest.raises(UserError, match="holds no snapshots"):
        load_run(run_folders[1])


def test_runs_of_different_sizes_do_not_go_together(run_folders):
    change_settings(run_folders[0], image_size=32)
    with pytest.raises(UserError, match="images of different sizes"):
        load_runs(run_folders)


def test_runs_of_one_name_are_told_apart_by_their_folders(run_folders):
    again = shutil.copytree(run_folders[0], run_folders[0].with_name("longer"))
    runs = load_runs([*run_folders, again])
    assert [run.name for run in runs] == [
        "DRAGAN, white (dragan_white)",
        "SN-GAN, coloured",
        "DRAGAN, white (longer)",
    ]
    assert len({run.file_name for run in runs}) == 3
    with pytest.raises(UserError, match="given twice"):
        load_runs([run_folders[0], *run_folders])


def test_scores_and_captions_are_of_the_generators_that_are_shown(run_folders):
    folder = run_folders[0]
    shutil.copy(folder / "gen_iter_3.npz", folder / "gen_average_iter_6.npz")
    for file, value in (("gen_iter_6.npz", 0.5), ("gen_average_iter_6.npz", 0.25)):
        result = Result("kid_10", value, 0.0, 10, 10, None)
        append_scores(folder, [result], [file], {"file": file, "iteration": 6, "seed": 0})
    for live, value in ((True, 0.5), (False, 0.25)):
        run = load_run(folder, live=live)
        assert [line["value"] for line in run.scores] == [value]
        assert [alarm["message"] for alarm in run.alarms] == [run.checkpoints[-1].path.name]
        assert run.caption().endswith(", averaged generator") is not live


def test_alarms_of_scores_are_read_once_for_each_generator(run_folders):
    facts = {"iteration": 6, "epoch": 1.0, "file": None}
    for seed, sentence in ((1, "of one"), (0, "of nought"), (1, "of one"), (1, "and more")):
        append_scores(run_folders[0], [], [sentence], {**facts, "seed": seed})
    append_scores(run_folders[0], [], ["of a file"], {**facts, "iteration": None, "seed": 0})
    alarms = load_run(run_folders[0]).alarms
    assert [(a["iteration"], a["alarm"], a["message"]) for a in alarms] == [
        (6, "scores", "of one"),
        (6, "scores", "and more"),
    ]


def test_what_a_run_started_from_is_named_without_a_path(run_folders):
    change_settings(run_folders[1], start_from="/home/somebody/results/first")
    assert load_run(run_folders[1]).settings.start_from == "first"
