import os
import pickle

import chainer
import chainer.links as L
import numpy as np
import pytest

from chainer_gan_anime.runs import npz
from chainer_gan_anime.runs.npz import DamagedFileError, SafeNpz
from crawler.shared.errors import UserError


class Evil:
    """Unpickling this makes a folder."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture
def net():
    return chainer.Sequential(L.Linear(3, 2))


class WithNone(chainer.Link):
    """A link whose persistent value is not known yet, as in lazily initialised links."""

    def __init__(self, value=None):
        super().__init__()
        self.add_persistent("late", value)


def test_values_and_none_come_back(tmp_path, net):
    model = chainer.Sequential(net, WithNone())
    npz.save(tmp_path / "a.npz", model)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as raw:
        assert all(raw[key].dtype != object for key in raw)
    other = chainer.Sequential(chainer.Sequential(L.Linear(3, 2)), WithNone())
    npz.load(tmp_path / "a.npz", other)
    assert other[1].late is None
    np.testing.assert_array_equal(other[0][0].W.array, net[0].W.array)


def test_files_of_chainers_own_save_npz_load_with_their_pickled_none(tmp_path):
    chainer.serializers.save_npz(tmp_path / "chainer.npz", WithNone())
    other = WithNone()
    npz.load(tmp_path / "chainer.npz", other)
    assert other.late is None
    with pytest.raises(DamagedFileError, match="object"):
        npz.load(tmp_path / "chainer.npz", WithNone(np.zeros(2)))


def test_an_optimizers_moments_come_back(tmp_path, net):
    optimizer = chainer.optimizers.Adam().setup(net)
    net[0].W.grad = np.ones((2, 3), "f")
    net[0].b.grad = np.ones(2, "f")
    optimizer.update()
    npz.save(tmp_path / "a.npz", optimizer)
    other = chainer.optimizers.Adam().setup(chainer.Sequential(L.Linear(3, 2)))
    npz.load(tmp_path / "a.npz", other)
    assert other.t == 1
    for key in ("m", "v"):
        expected = net[0].W.update_rule.state[key]
        np.testing.assert_array_equal(other.target[0].W.update_rule.state[key], expected)


@pytest.mark.parametrize("shape", [(), (1,)])
def test_a_crafted_object_is_never_opened(tmp_path, net, shape):
    trap = tmp_path / "trap"
    entry = np.empty(shape, object)
    entry[...] = Evil(trap)
    np.savez(tmp_path / "evil.npz", **{"0/W": entry, "0/b": np.zeros(2, "f")})
    with pytest.raises(DamagedFileError, match="object"):
        npz.load(tmp_path / "evil.npz", net)
    assert not trap.exists()
    with np.load(tmp_path / "evil.npz", allow_pickle=True) as raw, pytest.raises(Exception):  # noqa: B017
        raw["0/W"].nosuch  # noqa: B018
    assert trap.exists()  # the file would have run code where pickles are allowed


def test_a_plain_pickle_is_no_npz(tmp_path, net):
    (tmp_path / "p.npz").write_bytes(pickle.dumps(Evil(tmp_path / "trap")))
    with pytest.raises(DamagedFileError, match="not a whole npz"):
        npz.load(tmp_path / "p.npz", net)
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("kept", [0.3, 0.99])
def test_a_torn_file_is_named(tmp_path, net, kept):
    npz.save(tmp_path / "a.npz", net)
    data = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(data[: int(kept * len(data))])
    with pytest.raises(DamagedFileError, match="a.npz"):
        SafeNpz(tmp_path / "a.npz").check_whole()


def test_a_flipped_byte_is_found(tmp_path, net):
    net[0].W.array[:] = 1.5
    npz.save(tmp_path / "a.npz", net)
    data = bytearray((tmp_path / "a.npz").read_bytes())
    at = data.index(np.float32(1.5).tobytes() * 2)
    data[at] ^= 1
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(DamagedFileError, match="torn"):
        SafeNpz(tmp_path / "a.npz").check_whole()


def test_a_file_of_another_net_is_refused(tmp_path, net):
    npz.save(tmp_path / "a.npz", net)
    with pytest.raises(UserError, match="another net"):
        npz.load(tmp_path / "a.npz", chainer.Sequential(L.Linear(3, 2), L.Linear(2, 1)))
    with pytest.raises(UserError, match="does not fit"):
        npz.load(tmp_path / "a.npz", chainer.Sequential(L.Linear(4, 2)))
    with pytest.raises(UserError, match="does not exist"):
        npz.load(tmp_path / "b.npz", net)


def test_a_full_disk_leaves_the_old_file(tmp_path, net, monkeypatch):
    npz.save(tmp_path / "a.npz", net)
    before = (tmp_path / "a.npz").read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError):
        npz.save(tmp_path / "a.npz", net)
    assert (tmp_path / "a.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
