import errno
import os
import shutil

import chainer
import numpy as np
import pytest

from chainer_gan_anime.runs import snapshots
from chainer_gan_anime.runs.finished import load_run
from chainer_gan_anime.runs.published import publish_run
from chainer_gan_anime.runs.snapshots import list_snapshots
from chainer_gan_anime.training.run import Run
from crawler.shared.errors import UserError


@pytest.fixture
def make_run(make_settings, faces, tmp_path):
    def make(out=tmp_path / "run", **given):
        settings = make_settings(**{"iterations": 10, "snapshot_every": 1, **given})
        return Run(settings, faces, out, chainer.get_device("@numpy"), lambda sentence: None)

    return make


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def arrays(path):
    with np.load(path) as npz:
        return dict(npz)


def check_refused(run, sentence):
    before = contents(run.out)
    for begin in (run.refuse_overwriting, run.resume):
        with pytest.raises(UserError, match=sentence):
            begin()
    assert contents(run.out) == before


def test_a_published_folder_is_not_trained_in(make_run, tmp_path):
    run = make_run()
    run.train()
    published = publish_run(load_run(run.out), tmp_path / "best")
    check_refused(make_run(published), "no whole snapshot to go on from.*--start-from .*/best/")


def test_nets_of_several_iterations_are_not_begun_over(make_run):
    run = make_run()
    run.train()
    for snapshot in list_snapshots(run.out):
        snapshot.unlink()
    check_refused(make_run(), r"holds nets \(such as gen_iter_5.npz\) and no whole snapshot")


@pytest.fixture
def killed_run(make_run, monkeypatch):
    """A run that ended between its first nets and its first snapshot."""
    run = make_run()
    save = snapshots.save

    def save_nets(path, target):
        if path.suffix != ".npz":
            raise KeyboardInterrupt
        save(path, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(snapshots, "save", save_nets)
        run.train()
    assert {"gen_iter_5.npz", "dis_iter_5.npz", "training.lock"} <= set(contents(run.out))
    assert not list_snapshots(run.out)
    return run


def test_a_run_killed_in_its_first_snapshot_begins_again(killed_run, make_run, tmp_path):
    copy = shutil.copytree(killed_run.out, tmp_path / "copy")
    again, resumed, straight = make_run(), make_run(copy), make_run(tmp_path / "straight")
    again.refuse_overwriting()
    assert not resumed.resume()
    for run in (again, resumed, straight):
        assert run.train()
    names = {f"{net}_iter_{i}.npz" for net in ("gen", "dis") for i in (5, 10)}
    expected = {name: arrays(straight.out / name) for name in names}
    for out in (again.out, resumed.out):
        assert contents(out).keys() == contents(straight.out).keys()
        for name in names:
            np.testing.assert_equal(arrays(out / name), expected[name])


def test_another_run_does_not_begin_there(killed_run, make_run):
    check_refused(make_run(seed=7), "other settings and only its length may grow .--seed: 0")


def fail_to_write(monkeypatch, number):
    def fail(path, target):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(snapshots, "save", fail)


@pytest.mark.parametrize(
    "number, advice",
    [(errno.ENOSPC, "make room"), (errno.EDQUOT, "make room"), (errno.EIO, "mend that")],
)
def test_room_is_asked_for_where_it_lacks(make_run, monkeypatch, number, advice):
    fail_to_write(monkeypatch, number)
    sentence = rf"could not write .*gen_iter_5.npz \({os.strerror(number)}\).*is none: {advice}, "
    with pytest.raises(UserError, match=sentence):
        make_run().train()


def test_a_reader_who_has_gone_is_no_full_disk(make_run, monkeypatch):
    fail_to_write(monkeypatch, errno.EPIPE)
    with pytest.raises(BrokenPipeError):
        make_run().train()
