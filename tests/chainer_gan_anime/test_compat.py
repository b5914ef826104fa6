import subprocess
import sys
import types

import chainer
import chainer.functions as F
import numpy as np

from chainer_gan_anime import compat


def run_python(code):
    return subprocess.run(
        [sys.executable, "-W", "default", "-c", code], capture_output=True, text=True
    )


def test_import_is_silent_and_gives_a_working_chainer():
    code = (
        "import chainer_gan_anime, chainer, numpy\n"
        "x = numpy.ones((1, 1, 4, 4), 'f')\n"
        "print(chainer.functions.resize_images(x, (2, 2)).array.sum())"
    )
    result = run_python(code)
    assert result.returncode == 0 and result.stdout == "4.0\n"
    ours = [line for line in result.stderr.splitlines() if "chainer_gan_anime" in line]
    assert not ours and "cupy" not in result.stderr


def test_no_patch_is_made_where_numpy_has_the_name(monkeypatch):
    monkeypatch.setitem(vars(np), "sctypes", "theirs")
    monkeypatch.setitem(vars(np), "float", "theirs")
    compat._restore_sctypes()
    compat._restore_float()
    assert vars(np)["sctypes"] == vars(np)["float"] == "theirs"


def test_what_numpy_2_dropped_is_restored(monkeypatch):
    monkeypatch.delitem(vars(np), "sctypes", raising=False)
    monkeypatch.delitem(vars(np), "float", raising=False)
    compat._restore_sctypes()
    compat._restore_float()
    assert np.float64 in vars(np)["sctypes"]["float"] and vars(np)["float"] is float


def test_deconvolution_can_be_differentiated_by_its_weight_alone():
    x = np.arange(8, dtype="f").reshape(1, 2, 2, 2)
    w = chainer.Variable(np.ones((2, 3, 4, 4), "f"))
    F.sum(F.deconvolution_2d(x, w, stride=2, pad=1)).backward()
    # Each weight meets every input whose output lies inside: 2x2 of the 4x4 taps see all four.
    assert w.grad[:, 0, 1, 1].tolist() == [6.0, 22.0]


def test_installing_twice_changes_nothing():
    from chainer.functions.connection.deconvolution_2d import Deconvolution2DFunction

    before = Deconvolution2DFunction._set_cover_all
    compat.install()
    assert Deconvolution2DFunction._set_cover_all is before


def test_devices_are_counted_by_the_driver(monkeypatch):
    def make_cupy(count):
        cupy = types.ModuleType("cupy")
        cupy.cuda = types.SimpleNamespace(runtime=types.SimpleNamespace(getDeviceCount=count))
        return cupy

    def no_driver():
        raise RuntimeError("cudaErrorInsufficientDriver")

    for count, expected in [(lambda: 2, 2), (no_driver, 0)]:
        monkeypatch.setitem(sys.modules, "cupy", make_cupy(count))
        assert compat.device_count() == expected
    monkeypatch.setitem(sys.modules, "cupy", None)  # importing it fails
    assert compat.device_count() == 0
