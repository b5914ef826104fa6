"""oneDNN's C interface as Python calls it: constants, objects that free themselves, one stream.

Numbers are those of oneapi/dnnl/dnnl_types.h, equal from version 3.2 to 3.13.
"""

from __future__ import annotations

import ctypes
import functools
from ctypes import POINTER, byref, c_float, c_int, c_int64, c_size_t, c_void_p
from typing import Any

from chainer_gan_anime.kernels.onednn import library

CPU, IN_ORDER = 1, 1
BF16, F32 = 2, 3
ANY_FORMAT = 1
USER_SCRATCHPAD = 1
FORWARD, BACKWARD = 64, 128
CONVOLUTION, DECONVOLUTION = 0x1, 0xA
RELU, RELU_BY_OUTPUT, CLIP, CLIP_BY_OUTPUT = 0x20, 0x100, 0x2F, 0x106
GIVEN_STATISTICS, USE_SCALE, USE_SHIFT = 0x1, 0x2, 0x4
# Arguments of a primitive.
SRC, DST, WEIGHTS, BIAS = 1, 17, 33, 41
MEAN, VARIANCE, SCALE, SHIFT = 49, 50, 51, 52
SCRATCHPAD = 80
DIFF_SRC, DIFF_DST, DIFF_WEIGHTS, DIFF_SCALE, DIFF_SHIFT = 129, 145, 161, 255, 256
QUERY_SCRATCHPAD, QUERY_ARGUMENT = 136, 255
UNIMPLEMENTED = 3
MAX_DIMENSIONS = 12


class Unsupported(Exception):
    """oneDNN has no kernel for these shapes."""


class ExecutionArgument(ctypes.Structure):
    """dnnl_exec_arg_t."""

    _fields_ = [("number", c_int), ("memory", c_void_p)]


class Handle:
    """An object of the library's; destroyed with its last reference.

    Args:
        value: Its address.
        destroy: The library's function for that.
    """

    def __init__(self, value: int, destroy):
        self._as_parameter_ = c_void_p(value)
        self.value = value
        self._destroy = destroy

    def __del__(self):
        self._destroy(self._as_parameter_)


class OneDNN:
    """The loaded library with an engine and a stream on the processor."""

    def __init__(self):
        self.c = c = library.load()
        c.dnnl_memory_desc_equal.argtypes = [c_void_p, c_void_p]
        c.dnnl_memory_desc_get_size.argtypes = [c_void_p]
        c.dnnl_memory_desc_get_size.restype = c_size_t
        c.dnnl_primitive_desc_query_md.argtypes = [c_void_p, c_int, c_int]
        c.dnnl_primitive_desc_query_md.restype = c_void_p
        c.dnnl_memory_set_data_handle.argtypes = [c_void_p, c_void_p]
        c.dnnl_primitive_execute.argtypes = [
            c_void_p,
            c_void_p,
            c_int,
            POINTER(ExecutionArgument),
        ]
        # primitives.py keeps what is used again; the library's own cache would keep the rest.
        check(c.dnnl_set_primitive_cache_capacity(c_int(0)))
        self.engine = self.create("engine", CPU, c_size_t(0))
        self.stream = self.create("stream", self.engine, IN_ORDER)
        self.attributes = self.create("primitive_attr")
        check(c.dnnl_primitive_attr_set_scratchpad_mode(self.attributes, USER_SCRATCHPAD))

    def attributes_with_activation(self, kind: int, alpha: float, beta: float) -> Handle:
        """Return attributes of a primitive that applies an elementwise function to its result."""
        steps, attributes = self.create("post_ops"), self.create("primitive_attr")
        arguments = steps, kind, c_float(alpha), c_float(beta)
        check(self.c.dnnl_post_ops_append_eltwise(*arguments))
        check(self.c.dnnl_primitive_attr_set_post_ops(attributes, steps))  # copies them
        check(self.c.dnnl_primitive_attr_set_scratchpad_mode(attributes, USER_SCRATCHPAD))
        return attributes

    def create(self, kind: str, *arguments: Any, how: str = "create") -> Handle:
        """Return a new object of a kind, such as ``'memory'``.

        Args:
            kind: As its functions are named, dnnl_KIND_create and dnnl_KIND_destroy.
            arguments: Of its creator, behind the place for the result.
            how: The creator's last word, for kinds that have several.

        Raises:
            Unsupported: The library cannot do this.
        """
        return self._made(f"dnnl_{kind}_{how}", f"dnnl_{kind}_destroy", arguments)

    def describe(self, primitive: str, *arguments: Any) -> Handle:
        """Return the descriptor of a primitive, such as ``'convolution_forward'``.

        Raises:
            Unsupported: The library has no kernel for it.
        """
        creator = f"dnnl_{primitive}_primitive_desc_create"
        return self._made(creator, "dnnl_primitive_desc_destroy", arguments)

    def _made(self, creator: str, destroyer: str, arguments: tuple) -> Handle:
        place = c_void_p()
        check(getattr(self.c, creator)(byref(place), *arguments))
        return Handle(place.value, getattr(self.c, destroyer))

    def layout(self, shape: tuple, strides: tuple, data_type: int = F32) -> Handle:
        """Describe memory of a shape by its strides, counted in elements."""
        sizes, steps = _dimensions(shape), _dimensions(strides)
        arguments = len(shape), sizes, data_type, steps
        return self.create("memory_desc", *arguments, how="create_with_strides")

    def any_layout(self, shape: tuple, data_type: int = F32) -> Handle:
        """Describe memory of a shape whose order the primitive may choose."""
        arguments = len(shape), _dimensions(shape), data_type, ANY_FORMAT
        return self.create("memory_desc", *arguments, how="create_with_tag")

    def memory(self, layout: Any) -> Handle:
        """Return a memory object that has no memory yet."""
        return self.create("memory", layout, self.engine, c_void_p())


def check(status: int) -> None:
    """Raise for the library's status codes.

    Raises:
        Unsupported: The library has no kernel for it.
        RuntimeError: Any other.
    """
    if status == UNIMPLEMENTED:
        raise Unsupported
    if status:
        raise RuntimeError(f"oneDNN refused a call with status {status}")


def _dimensions(values: tuple) -> ctypes.Array:
    return (c_int64 * MAX_DIMENSIONS)(*values)


@functools.cache
def onednn() -> OneDNN:
    """Return the library, loaded at the first call.

    Raises:
        Missing: There is none.
    """
    return OneDNN()
