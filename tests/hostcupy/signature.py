"""Parameters of CuPy's kernels: how they are written, how their types follow from arguments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.hostcupy.arrays import ndarray, refuse_host_arrays


@dataclass(frozen=True)
class Parameter:
    """One parameter, as in ``'raw T x'``.

    Attributes:
        name: Its name in the kernel's code.
        type: A dtype's name, or one letter that stands for any dtype.
        raw: Whether the code indexes the whole array itself.
    """

    name: str
    type: str
    raw: bool

    @property
    def is_generic(self) -> bool:
        return len(self.type) == 1

    def dtype(self, bound: dict[str, np.dtype]) -> np.dtype:
        return bound[self.type] if self.is_generic else np.dtype(self.type)


def parse(declaration: str) -> tuple[Parameter, ...]:
    """Read ``'raw T x, float32 y'``."""
    words = [part.split() for part in declaration.split(",") if part.strip()]
    return tuple(Parameter(w[-1], w[-2], "raw" in w[:-2]) for w in words)


def bind_types(inputs, input_args, outputs, output_args) -> dict[str, np.dtype]:
    """Find the dtype of each type letter: from output arrays first, then from input arrays.

    Scalars take their parameter's type; a letter that only scalars carry gets the scalar's own.

    Raises:
        TypeError: An array's dtype contradicts its parameter, or a host array was given.
    """
    refuse_host_arrays(*input_args, *output_args)
    bound: dict[str, np.dtype] = {}
    pairs = [*zip(outputs, output_args), *zip(inputs, input_args)]
    for parameter, arg in pairs:
        if not isinstance(arg, ndarray):
            continue
        expected = arg.dtype if parameter.is_generic else np.dtype(parameter.type)
        if parameter.is_generic:
            expected = bound.setdefault(parameter.type, arg.dtype)
        if arg.dtype != expected:
            raise TypeError(
                f"Type is mismatched. {parameter.name} {arg.dtype} {expected} {parameter.type}"
            )
    for parameter, arg in pairs:
        if parameter.is_generic and not isinstance(arg, ndarray):
            bound.setdefault(parameter.type, np.asarray(arg).dtype)
    return bound


@dataclass(frozen=True)
class Argument:
    """What the code generator needs to know of an argument (``dtype`` None for a scalar)."""

    dtype: str | None
    ndim: int
    c_contiguous: bool

    @classmethod
    def of(cls, value, loop_shape: tuple[int, ...] | None = None) -> Argument:
        """Describe an argument; arrays that are not raw are broadcast to the loop's shape."""
        if not isinstance(value, ndarray):
            return cls(None, 0, True)
        host = value._host if loop_shape is None else np.broadcast_to(value._host, loop_shape)
        return cls(host.dtype.name, host.ndim, bool(host.flags.c_contiguous))


@dataclass(frozen=True)
class KernelCall:
    """One way in which a kernel was called: all that CuPy's code generator is given.

    Attributes:
        kind: ``'elementwise'`` or ``'reduction'``.
        name: The kernel's name.
        definition: The strings that define it, in the order of CuPy's constructor.
        options: Other named options that change the code.
        arguments: Inputs, then outputs (also those that the call itself allocated).
    """

    kind: str
    name: str
    definition: tuple[str | None, ...]
    options: tuple[tuple[str, str], ...]
    arguments: tuple[Argument, ...]


RECORDED: dict[KernelCall, int] = {}


def record(call: KernelCall) -> None:
    """Remember a call, with how often it was made."""
    RECORDED[call] = RECORDED.get(call, 0) + 1
