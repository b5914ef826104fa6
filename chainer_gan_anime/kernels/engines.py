"""The engines that compute on a CPU: oneDNN, this project's NumPy kernels, Chainer's functions.

``auto`` takes oneDNN where it can be used and the NumPy kernels elsewhere.  The engines differ in
nothing but rounding and speed, and in the memory order of images that they are fastest in.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy

from chainer_gan_anime.kernels import cpu, onednn
from chainer_gan_anime.kernels.cpu.layout import from_batch_innermost, to_batch_innermost
from chainer_gan_anime.kernels.onednn import library
from chainer_gan_anime.kernels.onednn.layout import to_channels_last
from crawler.shared.errors import UserError

AUTO = "auto"


@dataclass(frozen=True)
class Engine:
    """One way to compute.

    Attributes:
        kernels: Makes a context in which Chainer's functions compute so; called with whether
            factors of products are rounded to bfloat16, which only oneDNN does.
        describe: Names it to the user.
    """

    kernels: Callable[[bool], AbstractContextManager]
    describe: Callable[[], str]


ENGINES: dict[str, Engine] = {
    "onednn": Engine(
        onednn.fast_kernels, lambda: f"oneDNN {library.version_text(library.load())}"
    ),
    "numpy": Engine(lambda _: cpu.fast_kernels(), lambda: "the NumPy kernels"),
    "chainer": Engine(lambda _: contextlib.nullcontext(), lambda: "Chainer's own functions"),
}


def choose_engine(wanted: str) -> str:
    """Return the name of the engine to compute with.

    Args:
        wanted: A name in :data:`ENGINES`, or ``'auto'``.

    Raises:
        UserError: oneDNN was asked for, by name or by the environment variable of its library,
            and cannot be used.
    """
    if wanted != "onednn" and wanted != AUTO:
        return wanted
    try:
        library.load()
    except library.Missing:
        if wanted == AUTO and not os.environ.get(library.VARIABLE):
            return "numpy"
        raise
    return "onednn"


def check_bfloat16(engine: str) -> None:
    """Make sure that rounding factors to bfloat16 saves time with an engine on this processor.

    Raises:
        UserError: It does not.
    """
    if engine != "onednn":
        raise UserError(
            "--dtype bfloat16 needs oneDNN on a CPU: install the extra, pip install '.[onednn]', "
            "and take --cpu-engine auto, or leave --dtype out."
        )
    if not library.has_bfloat16(library.load()):
        raise UserError(
            "--dtype bfloat16 gains nothing on this processor, which has no instructions for it "
            "(AVX512-BF16 or AMX): leave it out."
        )


def arrange(images: numpy.ndarray) -> numpy.ndarray:
    """Return images (n, c, h, w) in the memory order that the current engine is fastest in."""
    if onednn.are_installed():
        return to_channels_last(images)
    if cpu.are_installed():
        return from_batch_innermost(to_batch_innermost(images))
    return images
