import numpy as np

from chainer_gan_anime.runs.npz import SafeNpz
from chainer_gan_anime.runs.snapshots import (
    WholeFileWriter,
    find_whole_snapshot,
    list_snapshots,
)


def write(folder, iteration):
    WholeFileWriter()(f"snapshot_iter_{iteration}", str(folder), {"x": np.full(999, iteration)})


def test_the_writer_writes_what_can_be_read_and_then_cleans_up(tmp_path):
    writer, cleaned = WholeFileWriter(), []
    writer._add_cleanup_hook(lambda: cleaned.append(sorted(p.name for p in tmp_path.iterdir())))
    writer("snapshot_iter_3", str(tmp_path), {"x": np.arange(3), "none": None})
    assert cleaned == [["snapshot_iter_3"]]
    npz = SafeNpz(tmp_path / "snapshot_iter_3")
    assert npz["x"].tolist() == [0, 1, 2] and npz["none"][()] is None


def test_snapshots_are_listed_by_iteration_not_by_name(tmp_path):
    for iteration in (5, 1000, 30):
        write(tmp_path, iteration)
    (tmp_path / "snapshot_iter_2000.123-0a1b2c3d.part").write_bytes(b"half")
    (tmp_path / "gen_iter_9000.npz").write_bytes(b"")
    names = [path.name for path in list_snapshots(tmp_path)]
    assert names == ["snapshot_iter_1000", "snapshot_iter_30", "snapshot_iter_5"]


def test_torn_ones_are_passed_over_and_named(tmp_path):
    for iteration in (1, 2, 3):
        write(tmp_path, iteration)
    for name in ("snapshot_iter_2", "snapshot_iter_3"):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:-100])
    sentences = []
    assert find_whole_snapshot(tmp_path, sentences.append).name == "snapshot_iter_1"
    assert [sentence.split(":")[0] for sentence in sentences] == [
        "Passing over snapshot_iter_3",
        "Passing over snapshot_iter_2",
    ]
    assert find_whole_snapshot(tmp_path / "nosuch", sentences.append) is None
