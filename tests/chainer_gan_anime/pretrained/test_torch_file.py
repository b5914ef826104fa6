import io
import os
import pickle
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

from chainer_gan_anime.pretrained import torch_file
from chainer_gan_anime.pretrained.torch_file import load_state_dict
from crawler.shared.errors import UserError


class _Global:
    """Pickles as a bare name of some module."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class _Storage:
    def __init__(self, kind, key, size):
        self.kind, self.key, self.size = kind, key, size


class _Call:
    def __init__(self, function, *args):
        self.function, self.args = function, args


class _Build:
    """Sets attributes of what another object unpickles to."""

    def __init__(self, target, state):
        self.target, self.state = target, state


class _TorchLikePickler(pickle._Pickler):
    """Writes what torch writes, without torch."""

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, _Global):
            self.write(f"c{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, _Call):
            self.save(obj.function)
            self.save(obj.args)
            self.write(pickle.REDUCE)
        elif isinstance(obj, _Build):
            self.save(obj.target)
            self.save(obj.state)
            self.write(pickle.BUILD)
        elif isinstance(obj, _Storage):
            self.save(("storage", _Global("torch", obj.kind), obj.key, "cpu", obj.size))
            self.write(pickle.BINPERSID)
        else:
            super().save(obj, save_persistent_id)


def tensor(storage, offset, shape, stride):
    rebuild = _Global("torch._utils", "_rebuild_tensor_v2")
    return _Call(rebuild, storage, offset, shape, stride, False, _Call(_Global(*ORDERED)))


ORDERED = ("collections", "OrderedDict")


def dumps(obj):
    file = io.BytesIO()
    _TorchLikePickler(file, 2).dump(obj)
    return file.getvalue()


def write_zip(path, obj, storages):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", dumps(obj))
        for key, data in storages.items():
            archive.writestr(f"net/data/{key}", data)


def write_legacy(path, obj, storages):
    parts = [dumps(torch_file._LEGACY_MAGIC), dumps(1001), dumps({"little_endian": True})]
    parts += [dumps(obj), dumps(list(storages))]
    for data in storages.values():
        parts += [(len(data) // 4).to_bytes(8, "little"), data]
    path.write_bytes(b"".join(parts))


@pytest.fixture(params=[write_zip, write_legacy])
def write(request):
    return request.param


def test_views_offsets_and_strides(tmp_path, write):
    values = np.arange(24, dtype="<f4")
    storage = _Storage("FloatStorage", "7", 24)
    state = {
        "whole": tensor(storage, 0, (2, 3, 4), (12, 4, 1)),
        "transposed": tensor(storage, 0, (4, 6), (1, 4)),
        "part": tensor(storage, 20, (3,), (1,)),
        "scalar": tensor(storage, 5, (), ()),
    }
    write(tmp_path / "net.pth", state, {"7": values.tobytes()})
    arrays = load_state_dict(tmp_path / "net.pth")
    np.testing.assert_array_equal(arrays["whole"], values.reshape(2, 3, 4))
    np.testing.assert_array_equal(arrays["transposed"], values.reshape(6, 4).T)
    np.testing.assert_array_equal(arrays["part"], [20, 21, 22])
    assert arrays["scalar"] == 5 and arrays["whole"].dtype == np.float32


@pytest.mark.parametrize("name", [("os", "system"), ("builtins", "eval"), ("torch", "load")])
def test_a_crafted_file_is_refused_and_runs_nothing(tmp_path, write, name):
    witness = tmp_path / "witness"
    write(tmp_path / "evil.pth", {"w": _Call(_Global(*name), f"touch {witness}")}, {})
    with pytest.raises(UserError, match=f"asks for {name[0]}.{name[1]}"):
        load_state_dict(tmp_path / "evil.pth")
    assert not witness.exists()


@pytest.mark.parametrize(
    "target",
    [
        _Global("torch._utils", "_rebuild_tensor_v2"),
        _Global("torch", "FloatStorage"),
        _Global("collections", "OrderedDict"),
        _Storage("FloatStorage", "0", 1),
    ],
)
@pytest.mark.parametrize("state", [{"x": 1}, (None, {"__call__": 1, "x": 1})])
def test_nothing_that_the_file_names_can_be_changed(tmp_path, write, target, state):
    write(tmp_path / "evil.pth", {"w": _Build(target, state)}, {"0": bytes(4)})
    with pytest.raises(UserError, match="not a PyTorch state_dict"):
        load_state_dict(tmp_path / "evil.pth")
    assert not hasattr(OrderedDict, "x")


def test_more_memory_than_any_network_is_refused(tmp_path, write):
    storages = [_Storage("FloatStorage", str(i), 2**27) for i in range(3)]  # 1.5 GiB
    state = {str(i): tensor(storage, 0, (1,), (1,)) for i, storage in enumerate(storages)}
    write(tmp_path / "bomb.pth", state, {str(i): bytes(4) for i in range(3)})
    with pytest.raises(UserError, match="bytes of tensors"):
        load_state_dict(tmp_path / "bomb.pth")


def test_a_plain_reduce_pickle_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    (tmp_path / "evil.pth").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(UserError, match="cannot|not a PyTorch"):
        load_state_dict(tmp_path / "evil.pth")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "broken",
    [
        lambda s: tensor(s, 0, (5,), (1,)),  # one element beyond the storage
        lambda s: tensor(s, -1, (2,), (1,)),
        lambda s: tensor(s, 0, (2, 2), (1,)),
        lambda s: tensor(s, 3, (2,), (-1,)),
        lambda s: [1, 2],
    ],
)
def test_broken_tensors_are_refused(tmp_path, write, broken):
    storage = _Storage("FloatStorage", "0", 4)
    state = {"good": tensor(storage, 0, (4,), (1,)), "w": broken(storage)}
    write(tmp_path / "net.pth", state, {"0": bytes(16)})
    with pytest.raises(UserError, match="not a PyTorch state_dict"):
        load_state_dict(tmp_path / "net.pth")


def test_a_storage_larger_than_its_file_is_refused(tmp_path, write):
    storage = _Storage("FloatStorage", "0", 4000)
    write(tmp_path / "net.pth", {"w": tensor(storage, 0, (4,), (1,))}, {"0": bytes(16)})
    with pytest.raises(UserError, match="not a PyTorch state_dict"):
        load_state_dict(tmp_path / "net.pth")


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 cut", pickle.dumps([1, 2])])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "net.pth").write_bytes(content)
    with pytest.raises(UserError, match="not a PyTorch state_dict"):
        load_state_dict(tmp_path / "net.pth")


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(UserError, match="there is no weight file"):
        load_state_dict(tmp_path / "nothing.pth")


@pytest.mark.parametrize("new_format", [True, False])
def test_reads_what_torch_writes(tmp_path, new_format):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    state = OrderedDict(
        w=torch.randn(4, 3, 2, 2).permute(3, 1, 0, 2),
        half=torch.randn(5).half(),
        count=torch.tensor(7),
        parameter=torch.nn.Parameter(torch.randn(3)),
    )
    path = tmp_path / "net.pth"
    torch.save(state, path, _use_new_zipfile_serialization=new_format)
    arrays = load_state_dict(path)
    assert list(arrays) == list(state)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, state[name].detach().numpy())
