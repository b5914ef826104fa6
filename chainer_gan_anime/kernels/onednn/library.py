"""Finding and loading oneDNN's shared library, version 3, for its plain C interface.

Looked for in this order: the file that the environment variable ``ONEDNN_LIBRARY`` names; the
system's or a conda environment's; the one of the wheel ``onednn-cpu-gomp``, the extra ``onednn``.
"""

from __future__ import annotations

import ctypes
import functools
import os
import site
import sys
from collections.abc import Iterator
from pathlib import Path

from crawler.shared.errors import UserError

VARIABLE = "ONEDNN_LIBRARY"
NAMES = {"win32": "dnnl.dll", "darwin": "libdnnl.3.dylib"}
FOLDERS = ("lib", "Library/bin")  # of an environment: Linux and macOS, Windows
VERSION = 3  # another major version has another interface
SPIN_COUNT = 30_000  # turns, a fraction of a millisecond
SEQUENTIAL, OPENMP, TBB = 1, 2, 4  # runtimes that need nothing from the caller
# From dnnl_types.h's dnnl_cpu_isa_t, whose values are sets of bits.
AVX2, AVX512, AVX512_BF16, AMX = 0x7, 0x27, 0xE7, 0xFEF


class Missing(UserError):
    """No oneDNN that can be used, in one sentence."""


class Version(ctypes.Structure):
    """dnnl_version_t."""

    _fields_ = [
        ("major", ctypes.c_int),
        ("minor", ctypes.c_int),
        ("patch", ctypes.c_int),
        ("hash", ctypes.c_char_p),
        ("cpu_runtime", ctypes.c_uint),
        ("gpu_runtime", ctypes.c_uint),
    ]


def _candidates() -> Iterator[str]:
    """Yield what to try to load: names that the system resolves, and files."""
    name = NAMES.get(sys.platform, "libdnnl.so.3")
    yield name
    for root in (sys.prefix, site.getuserbase()):
        for folder in FOLDERS:
            path = Path(root) / folder / name
            if path.exists():
                yield str(path)


def _load(path: str) -> ctypes.CDLL:
    """Load one file.

    Raises:
        Missing: It cannot be loaded, or is no oneDNN that can be used.
    """
    # An iteration of narrow nets has some hundred parallel sections a few microseconds apart: a
    # thread that has gone to sleep between them is woken too late, and one that spins for ever
    # takes the processor from other processes.
    os.environ.setdefault("GOMP_SPINCOUNT", str(SPIN_COUNT))
    try:
        library = ctypes.CDLL(path)
        library.dnnl_version.restype = ctypes.POINTER(Version)
        version = library.dnnl_version().contents
    except (OSError, AttributeError) as error:
        raise Missing(
            f"{path} cannot be loaded as oneDNN ({error}): let {VARIABLE} name a libdnnl.so.3, or "
            "unset it."
        ) from None
    if version.major != VERSION:
        raise Missing(
            f"{path} is oneDNN {version.major}.{version.minor}, and version {VERSION} is needed: "
            "install the extra, pip install '.[onednn]'."
        )
    if version.cpu_runtime not in (SEQUENTIAL, OPENMP, TBB):
        raise Missing(
            f"{path} is a oneDNN whose processor runtime is not OpenMP, TBB or sequential: "
            "install the extra, pip install '.[onednn]'."
        )
    return library


@functools.cache
def load() -> ctypes.CDLL:
    """Return the library; the same at each call.

    Raises:
        Missing: There is none, the one that the variable names is none, or the processor lacks
            AVX2, without which oneDNN has no fast kernels.
    """
    if given := os.environ.get(VARIABLE):
        library = _load(given)
    else:
        for path in _candidates():
            try:
                library = _load(path)
                break
            except Missing:
                continue
        else:
            raise Missing(
                "oneDNN 3 was not found: install the extra, pip install '.[onednn]' (Linux and "
                f"Windows on x86_64), or name its library by the environment variable {VARIABLE}."
            )
    if instructions(library) & AVX2 != AVX2:
        raise Missing(
            "oneDNN needs an x86_64 processor with AVX2 here: take --cpu-engine auto or numpy."
        )
    return library


def instructions(library: ctypes.CDLL) -> int:
    """Return the processor's instruction sets as the bits of dnnl_cpu_isa_t."""
    return int(library.dnnl_get_effective_cpu_isa())


def has_avx512(library: ctypes.CDLL) -> bool:
    """Whether the processor computes by vectors of 16 floats."""
    return instructions(library) & AVX512 == AVX512


def has_bfloat16(library: ctypes.CDLL) -> bool:
    """Whether the processor multiplies bfloat16 faster than float32."""
    return instructions(library) & AVX512_BF16 == AVX512_BF16


def version_text(library: ctypes.CDLL) -> str:
    """Return the version, such as 3.2.0."""
    version = library.dnnl_version().contents
    return f"{version.major}.{version.minor}.{version.patch}"
