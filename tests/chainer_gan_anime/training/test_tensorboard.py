import struct
import sys

import chainer
import numpy as np
import pytest
from tensorboardX.proto.event_pb2 import Event

from chainer_gan_anime.algorithms.registry import list_log_keys
from chainer_gan_anime.runs.npz import SafeNpz
from chainer_gan_anime.runs.records import read_log
from chainer_gan_anime.runs.snapshots import list_snapshots
from chainer_gan_anime.training.run import Run
from crawler.shared.errors import UserError


def train(settings, faces, out, resume=False):
    run = Run(settings, faces, out, chainer.get_device("@numpy"), lambda sentence: None)
    if resume:
        run.resume()
    run.train()


def read_events(path):
    """Yield a file's events: each is its length (8 bytes), a checksum (4), it, another (4)."""
    data, start = path.read_bytes(), 0
    while start < len(data):
        (length,) = struct.unpack_from("<Q", data, start)
        yield Event.FromString(data[start + 12 : start + 12 + length])
        start += length + 16


def scalars(path):
    return {
        (value.tag, event.step): value.simple_value
        for event in read_events(path)
        for value in event.summary.value
    }


def event_files(out):
    return sorted((out / "tensorboard").iterdir(), key=lambda path: path.stat().st_mtime_ns)


def test_the_events_are_the_log(make_settings, faces, tmp_path):
    train(make_settings(log_every=2, tensorboard=True), faces, tmp_path)
    (path,) = event_files(tmp_path)
    expected = {
        (key, entry["iteration"]): entry[key]
        for entry in read_log(tmp_path)
        for key in list_log_keys("sngan")
        if key in entry
    }
    assert {step for _, step in expected} == {2, 4} and ("loss_gen", 4) in expected
    assert scalars(path) == pytest.approx(expected)


def test_it_may_begin_at_a_resume_and_changes_nothing(make_settings, faces, tmp_path):
    plain, watched = tmp_path / "plain", tmp_path / "watched"
    train(make_settings(iterations=6), faces, plain)
    train(make_settings(iterations=3), faces, watched)
    train(make_settings(iterations=6, tensorboard=True), faces, watched, resume=True)
    one, two = (SafeNpz(list_snapshots(out)[0]) for out in (plain, watched))
    names = [key for key in one if key.startswith("updater/")]
    assert len(names) > 20
    for name in names:
        np.testing.assert_array_equal(one[name], two[name], err_msg=name)
    (path,) = event_files(watched)
    assert {step for _, step in scalars(path)} == {4, 5, 6}


def test_a_resumed_run_hides_what_was_written_past_its_snapshot(make_settings, faces, tmp_path):
    train(make_settings(iterations=2, tensorboard=True), faces, tmp_path)
    train(make_settings(iterations=4, tensorboard=True), faces, tmp_path, resume=True)
    _, second = event_files(tmp_path)
    starts = [e.step for e in read_events(second) if e.HasField("session_log")]
    assert starts == [3]
    assert {step for _, step in scalars(second)} == {3, 4}


def test_without_its_library_that_is_said(make_settings, faces, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(UserError, match="--tensorboard needs tensorboardX"):
        train(make_settings(tensorboard=True), faces, tmp_path)
    train(make_settings(), faces, tmp_path)
    assert not (tmp_path / "tensorboard").exists()
