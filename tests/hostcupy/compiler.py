"""g++ in NVRTC's place: C++ source to a function, compiled once per user and content."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import pathlib
import platform
import shutil
import subprocess
import tempfile

import numpy as np

FLAGS = ("-O1", "-std=c++17", "-w", "-shared", "-fPIC", "-ffp-contract=off")
PRELUDE = pathlib.Path(__file__).with_name("prelude.h").read_text()
C_TYPES = {
    np.dtype(name): c_type
    for name, c_type in {
        "bool": "bool",
        "int8": "signed char",
        "uint8": "unsigned char",
        "int16": "short",
        "uint16": "unsigned short",
        "int32": "int",
        "uint32": "unsigned int",
        "int64": "long long",
        "uint64": "unsigned long long",
        "float16": "float16",
        "float32": "float",
        "float64": "double",
    }.items()
}


class CompileError(Exception):
    """g++ refused a kernel; the text holds its messages and the source."""


def available() -> bool:
    """Whether g++ is installed."""
    return shutil.which("g++") is not None


def _choose_cache_folder() -> pathlib.Path:
    """A folder that only this user can write: what lies in it is loaded and run."""
    root = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    folder = root / "hostcupy"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK) and folder.stat().st_uid == os.getuid():
            return folder
    except OSError:
        pass
    return pathlib.Path(tempfile.mkdtemp(prefix="hostcupy-"))


CACHE_FOLDER = _choose_cache_folder()  # now, before a test sets the variables that it reads


@functools.lru_cache(None)
def _compiler_identity() -> str:
    version = subprocess.run(["g++", "-dumpfullversion"], capture_output=True, text=True)
    return " ".join((version.stdout.strip(), platform.machine(), *FLAGS))


@functools.lru_cache(None)
def build(body: str):
    """Compile ``body`` (after the prelude) and return its function ``kernel``."""
    source = PRELUDE + body
    key = hashlib.sha256((_compiler_identity() + source).encode()).hexdigest()[:32]
    library = CACHE_FOLDER / f"{key}.so"
    if not library.exists():
        with tempfile.TemporaryDirectory(dir=CACHE_FOLDER) as folder:
            code = pathlib.Path(folder, "kernel.cc")
            code.write_text(source)
            built = code.with_suffix(".so")
            result = subprocess.run(
                ["g++", *FLAGS, "-o", built, code], capture_output=True, text=True
            )
            if result.returncode:
                raise CompileError(f"{result.stderr[:2000]}\n{body}")
            os.replace(built, library)
    return ctypes.CDLL(str(library)).kernel


def typedefs(bound: dict[str, np.dtype]) -> str:
    """The type letters of a kernel, as C++ declarations."""
    return "".join(f"typedef {C_TYPES[dtype]} {name};\n" for name, dtype in sorted(bound.items()))


def address(host: np.ndarray) -> ctypes.c_void_p:
    """An array as an argument for a compiled function."""
    return ctypes.c_void_p(host.ctypes.data)
