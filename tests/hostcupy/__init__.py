"""A stand-in for CuPy that runs on the host, so that the device path is tested without a GPU.

``install()`` puts modules named ``cupy`` and ``cupyx`` in place; it must run before Chainer is
imported.  Chainer then takes its real GPU path (``forward_gpu``, ``to_gpu``, "device 0"):

* arrays are backed by NumPy, and refuse implicit conversion as CuPy's do (:mod:`.arrays`);
* kernels' CUDA C is compiled with g++ and run in a loop (:mod:`.kernels`, :mod:`.compiler`);
* launches, matrix products, bytes moved and transfers are counted (:mod:`.counters`);
* every kernel call is recorded, so that the real compiler can be tried on it later
  (:mod:`.signature`; ``tests/cuda_compile``).

What it offers is listed by name, never guessed: a name that it lacks is an AttributeError, and
a test checks that the real CuPy has every name that it offers (``offered_names``).
It says nothing about speed, memory or several devices.
"""

from tests.hostcupy.counters import Counters, counting
from tests.hostcupy.install import VERSION, install, offered_names

__all__ = ["VERSION", "Counters", "counting", "install", "offered_names"]
