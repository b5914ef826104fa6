"""Puts ``cupy`` and ``cupyx`` made of this package's parts into ``sys.modules``."""

from __future__ import annotations

import importlib.machinery
import sys
import types

import numpy as np

from tests.hostcupy import cuda, fusion, linalg, random, routines
from tests.hostcupy.arrays import ndarray, refuse_host_arrays, unwrap, wrap
from tests.hostcupy.counters import launch
from tests.hostcupy.elementwise import ElementwiseKernel
from tests.hostcupy.reduction import ReductionKernel

VERSION = "14.2.0"

TYPES_AND_CONSTANTS = """
    float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool_ integer
    floating number newaxis inf nan pi dtype
""".split()  # noqa: SIM905


class PerformanceWarning(RuntimeWarning):
    """CuPy's warning of slow paths; Chainer filters it."""


def rsqrt(x, out=None, dtype=None):
    refuse_host_arrays(x)
    result = (1 / np.sqrt(unwrap(x), dtype=dtype)).astype(dtype or x.dtype)
    launch("cupy_rsqrt", x._host, result)
    return wrap(result)


def as_strided(x, shape=None, strides=None):
    return wrap(np.lib.stride_tricks.as_strided(x._host, shape, strides))


def get_array_module(*args):
    cupy = sys.modules["cupy"]
    return cupy if any(isinstance(arg, ndarray) for arg in args) else np


MODULES = {
    "cupy": {
        **{name: getattr(np, name) for name in TYPES_AND_CONSTANTS},
        **routines.FUNCTIONS,
        "ndarray": ndarray,
        "ElementwiseKernel": ElementwiseKernel,
        "ReductionKernel": ReductionKernel,
        "fuse": fusion.fuse,
        "memoize": fusion.memoize,
        "clear_memo": fusion.clear_memo,
        "get_array_module": get_array_module,
        "get_default_memory_pool": cuda.memory_pool,
        "get_default_pinned_memory_pool": cuda.memory_pool,
    },
    "cupy._util": {"PerformanceWarning": PerformanceWarning},
    "cupy.cuda": {
        "Device": cuda.Device,
        "Stream": cuda.Stream,
        "Event": cuda.Event,
        "MemoryPool": cuda.MemoryPool,
        "alloc_pinned_memory": cuda.alloc_pinned_memory,
        "get_elapsed_time": cuda.get_elapsed_time,
        "get_device_id": lambda: cuda.Device().id,
        "is_available": lambda: True,
    },
    "cupy.cuda.runtime": cuda.RUNTIME,
    "cupy.cuda.cublas": {},
    "cupy.cuda.memory_hook": {"MemoryHook": cuda.MemoryHook},
    "cupy.random": {"RandomState": random.RandomState, **random.FUNCTIONS},
    "cupy.linalg": linalg.LINALG,
    "cupy.lib": {},
    "cupy.lib.stride_tricks": {"as_strided": as_strided},
    "cupyx": {
        "rsqrt": rsqrt,
        "scatter_add": routines.scatter_add,
        "get_runtime_info": lambda: "hostcupy: a stand-in for CuPy on the host",
    },
    "cupyx.scipy": {},
    "cupyx.scipy.linalg": {},
    "cupyx.scipy.special": {},
}


def install(version: str = VERSION) -> types.ModuleType:
    """Put the stand-in in place of CuPy in this process, and return it.

    Args:
        version: What ``cupy.__version__`` shall say.

    Raises:
        RuntimeError: Chainer or the real CuPy was imported before.
    """
    present = sys.modules.get("cupy")
    if getattr(present, "is_hostcupy", False):
        return present
    if present is not None or "chainer" in sys.modules:
        raise RuntimeError("hostcupy must be installed before chainer and cupy are imported")
    for name, members in MODULES.items():
        module = types.ModuleType(name, "hostcupy's stand-in; see tests/hostcupy")
        module.__path__ = []  # a package without files: what is not listed cannot be imported
        module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
        module.__dict__.update(members)
        sys.modules[name] = module
        parent, _, leaf = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], leaf, module)
    cupy = sys.modules["cupy"]
    cupy.__version__ = version
    cupy.is_hostcupy = True
    return cupy


def offered_names() -> list[str]:
    """Every module, function, class, method and attribute offered, with dots."""
    names = []
    for module, members in MODULES.items():
        names.append(module)
        for member, value in members.items():
            names.append(f"{module}.{member}")
            if isinstance(value, type) and value.__module__.startswith("tests.hostcupy"):
                public = (name for name in vars(value) if not name.startswith("_"))
                names += [f"{module}.{member}.{name}" for name in public]
    return names
