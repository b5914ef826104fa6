"""Operations: a primitive and the reorders of its operands, made once for each shape and kept.

oneDNN compiles a kernel for each shape.  A bounded number of them is kept, the longest unused
are freed, and all of them share the memory that they need while they run.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from ctypes import c_void_p

import numpy

from chainer_gan_anime.kernels.onednn import api

# An iteration of the deepest nets needs about a hundred.
MAX_OPERATIONS = 512
ALIGNMENT = 64  # bytes of a cache line
# Shape, strides in elements, oneDNN's number of the type.
Layout = tuple[tuple[int, ...], tuple[int, ...], int]
# NumPy's types to oneDNN's; a bfloat16 has none of its own.
DATA_TYPES = {numpy.dtype(numpy.float32): api.F32, numpy.dtype(numpy.uint16): api.BF16}

_lock = threading.Lock()
_buffers: dict[int, numpy.ndarray] = {}
_caches: list = []
_forked = False


def remembered(make: Callable[..., Operation]) -> Callable[..., Operation]:
    """Decorate a function that makes operations: it makes each one once, while it is in use."""
    cached = functools.lru_cache(MAX_OPERATIONS)(make)
    _caches.append(cached)
    return cached


def forget() -> None:
    """Free all operations and the memory that they share."""
    for cached in _caches:
        cached.cache_clear()
    with _lock:
        _buffers.clear()


def are_usable() -> bool:
    """Whether operations may run here: not in a fork of a process that has loaded oneDNN.

    The fork has its parent's thread pool without its threads, and waits for them for ever.
    """
    return not _forked


def _after_fork() -> None:
    global _forked
    _forked = api.onednn.cache_info().currsize > 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Operation:
    """A primitive that reads and writes NumPy arrays of fixed layouts.

    Args:
        descriptor: The primitive's.
        inputs: Number of each argument read to the layout of the arrays that will be given.
        outputs: Likewise of each argument written.
    """

    def __init__(
        self,
        descriptor: api.Handle,
        inputs: dict[int, api.Handle],
        outputs: dict[int, api.Handle],
    ):
        dnn = api.onednn()
        self._given: list[api.Handle] = []
        self._before: list[_Step] = []
        self._after: list[_Step] = []
        self._shared: list[tuple[int, api.Handle, int]] = []
        bound: list[tuple[int, api.Handle]] = []
        for number, layout in {**inputs, **outputs}.items():
            given = own = dnn.memory(layout)
            self._given.append(given)
            wanted = dnn.c.dnnl_primitive_desc_query_md(descriptor, api.QUERY_ARGUMENT, number)
            if not dnn.c.dnnl_memory_desc_equal(layout, wanted):
                own = self._share(number, wanted)
                if number in inputs:
                    self._before.append(self._reorder(layout, given, c_void_p(wanted), own))
                else:
                    self._after.append(self._reorder(c_void_p(wanted), own, layout, given))
            bound.append((number, own))
        self._main = self._step(descriptor, bound)

    def _share(self, number: int, layout: int) -> api.Handle:
        """Return memory of a layout that is this operation's only while it runs."""
        dnn = api.onednn()
        memory = dnn.memory(c_void_p(layout))
        size = dnn.c.dnnl_memory_desc_get_size(layout)
        self._shared.append((number, memory, size))
        return memory

    def _reorder(self, layout_from, memory_from, layout_to, memory_to) -> _Step:
        dnn = api.onednn()
        descriptor = dnn.describe(
            "reorder", layout_from, dnn.engine, layout_to, dnn.engine, dnn.attributes
        )
        return self._step(descriptor, [(api.SRC, memory_from), (api.DST, memory_to)])

    def _step(self, descriptor: api.Handle, bound: list[tuple[int, api.Handle]]) -> _Step:
        dnn = api.onednn()
        layout = dnn.c.dnnl_primitive_desc_query_md(descriptor, api.QUERY_SCRATCHPAD, 0)
        if layout and dnn.c.dnnl_memory_desc_get_size(layout):
            bound = [*bound, (api.SCRATCHPAD, self._share(api.SCRATCHPAD, layout))]
        return _Step(dnn.create("primitive", descriptor), bound)

    def __call__(self, *arrays: numpy.ndarray) -> None:
        """Run on the inputs and into the outputs, in the order in which they were declared."""
        set_address = api.onednn().c.dnnl_memory_set_data_handle
        with _lock:
            for memory, array in zip(self._given, arrays):
                set_address(memory, array.__array_interface__["data"][0])
            for number, memory, size in self._shared:
                set_address(memory, _address(number, size))
            for step in self._before:
                step.run()
            self._main.run()
            for step in self._after:
                step.run()


class _Step:
    """One primitive with its arguments."""

    def __init__(self, primitive: api.Handle, bound: list[tuple[int, api.Handle]]):
        self._primitive = primitive
        self._memories = [memory for _, memory in bound]  # live as long as the addresses below
        pairs = ((number, memory.value) for number, memory in bound)
        self._arguments = (api.ExecutionArgument * len(bound))(*pairs)

    def run(self) -> None:
        dnn = api.onednn()
        arguments = self._arguments
        api.check(
            dnn.c.dnnl_primitive_execute(self._primitive, dnn.stream, len(arguments), arguments)
        )


def _address(number: int, size: int) -> int:
    """Return the address of at least ``size`` bytes that all operations share for an argument."""
    buffer = _buffers.get(number)
    if buffer is None or buffer.size < size + ALIGNMENT:
        buffer = _buffers[number] = numpy.empty(size + ALIGNMENT, numpy.uint8)
    start = buffer.__array_interface__["data"][0]
    return start + -start % ALIGNMENT


def layout_of(array: numpy.ndarray) -> Layout:
    """Return what an operation is made for: an array's shape, its strides and its type."""
    size = array.itemsize
    return array.shape, tuple([step // size for step in array.strides]), DATA_TYPES[array.dtype]
