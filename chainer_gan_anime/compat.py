"""Makes Chainer 7.8.1 run on today's Python, NumPy and CuPy; imported before ``chainer``.

Chainer's last release is of 2022.  Each patch below names what broke it; each is made only
where it is needed, so that on the stack of its own time this module changes nothing.
"""

from __future__ import annotations

import sys
import types
import warnings

import numpy


def _skip_environment_check() -> None:
    """``import chainer`` on Python >= 3.12, or with setuptools >= 74 or >= 82.

    ``chainer/_environment_check.py`` imports ``numpy.distutils`` (gone with Python 3.12's
    distutils; broken by setuptools >= 74) and ``pkg_resources`` (gone from setuptools 82),
    only to warn about a BLAS of old macOS and about a CuPy that is not 7.x.  An empty check
    stands in for it.
    """
    name = "chainer._environment_check"
    if "chainer" not in sys.modules and name not in sys.modules:
        stand_in = types.ModuleType(name)
        stand_in.check = lambda: None
        sys.modules[name] = stand_in


def _restore_sctypes() -> None:
    """``chainer/functions/array/as_strided.py`` reads ``numpy.sctypes``, gone in NumPy 2."""
    if "sctypes" not in vars(numpy):
        vars(numpy)["sctypes"] = {
            "int": [numpy.int8, numpy.int16, numpy.int32, numpy.int64],
            "float": [numpy.float16, numpy.float32, numpy.float64, numpy.longdouble],
        }


def _restore_float() -> None:
    """``chainer/functions/array/resize_images.py`` calls ``numpy.float``, gone in 1.24."""
    if "float" not in vars(numpy):
        vars(numpy)["float"] = float


def _mend_deconvolution() -> None:
    """Backward of ``deconvolution_2d`` for the weight alone raises ValueError in 7.8.1.

    ``deconvolution_2d.py:340`` hands ``_set_cover_all`` the arrays where it wants their
    shapes.  Mended on Chainer's master after the release, but never released.
    """
    from chainer.functions.connection.deconvolution_2d import Deconvolution2DFunction

    original = Deconvolution2DFunction._set_cover_all
    if getattr(original, "takes_arrays", False):
        return

    def _set_cover_all(self, x, w):
        original(self, getattr(x, "shape", x), getattr(w, "shape", w))

    _set_cover_all.takes_arrays = True
    Deconvolution2DFunction._set_cover_all = _set_cover_all


def install() -> None:
    """Apply the patches and import Chainer; a second call changes nothing."""
    _skip_environment_check()
    _restore_sctypes()
    _restore_float()
    with warnings.catch_warnings():
        # CuPy names each CUDA library that it misses, at import, although all but a few users
        # need none of them; whoever chooses a device is told then (see ``device_count``).
        warnings.filterwarnings("ignore", module="cupy")
        import chainer.link_hooks  # noqa: F401  chainer itself does not import its link hooks

    _mend_deconvolution()


def device_count() -> int:
    """Return how many CUDA devices can be used; 0 without CuPy, driver or device.

    ``chainer.backends.cuda.available`` may be True on a machine with CUDA libraries and no
    device, so devices are counted by asking the driver.
    """
    try:
        import cupy

        return cupy.cuda.runtime.getDeviceCount()
    except Exception:  # no CuPy, a missing library, CUDARuntimeError of a missing driver
        return 0


install()
