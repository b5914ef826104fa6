"""``cupy.cuda``: one device, whose queue is empty before anybody waits for it."""

from __future__ import annotations

import time

from tests.hostcupy import counters, memory

N_DEVICES = 1


class CUDARuntimeError(RuntimeError):
    """What the runtime raises, for instance for a device that is not there."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class Device:
    """A device by number; a context manager, as in CuPy."""

    _current = 0

    def __init__(self, device: int | Device | None = None):
        self.id = Device._current if device is None else int(device)
        self._outer: list[int] = []

    def __int__(self):
        return self.id

    def __eq__(self, other):
        return isinstance(other, Device) and other.id == self.id

    def __hash__(self):
        return hash(self.id)

    def __repr__(self):
        return f"<CUDA Device {self.id}>"

    def use(self):
        if not 0 <= self.id < N_DEVICES:
            raise CUDARuntimeError(101, "cudaErrorInvalidDevice: invalid device ordinal")
        Device._current = self.id

    def __enter__(self):
        self._outer.append(Device._current)
        self.use()
        return self

    def __exit__(self, *exc):
        Device._current = self._outer.pop()

    def synchronize(self):
        counters.synchronisation()

    compute_capability = "90"
    mem_info = (8 << 30, 8 << 30)


class Stream:
    """The queue.  There is one, and it is always done."""

    def __init__(self, null=False, non_blocking=False, ptds=False):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass

    def use(self):
        return self

    def synchronize(self):
        counters.synchronisation()

    def record(self, event: Event | None = None) -> Event:
        event = event or Event()
        event.record(self)
        return event

    def wait_event(self, event: Event):
        pass


Stream.null = Stream()


class Event:
    """A mark in the queue."""

    def __init__(self, block=True, disable_timing=False, interprocess=False):
        self._seconds = None

    def record(self, stream: Stream | None = None):
        self._seconds = time.perf_counter()

    def synchronize(self):
        counters.synchronisation()


def get_elapsed_time(start: Event, end: Event) -> float:
    """Milliseconds between two recorded events."""
    return (end._seconds - start._seconds) * 1e3


class MemoryPool:
    """The pool of device memory (and the one of pinned host memory); nothing lies in reserve."""

    def used_bytes(self) -> int:
        return memory.live_bytes()

    def total_bytes(self) -> int:
        return memory.live_bytes()

    def n_free_blocks(self) -> int:
        return 0

    def free_all_blocks(self, stream=None) -> None:
        pass


class MemoryHook:
    """Base class of hooks on allocations; Chainer derives from it when it is imported."""


_pool = MemoryPool()


def memory_pool() -> MemoryPool:
    """``cupy.get_default_memory_pool`` and ``cupy.get_default_pinned_memory_pool``."""
    return _pool


def alloc_pinned_memory(size: int) -> bytearray:
    """Page-locked host memory; all that its users need of it is the buffer protocol."""
    return bytearray(size)


RUNTIME = {  # cupy.cuda.runtime
    "CUDARuntimeError": CUDARuntimeError,
    "getDevice": lambda: Device._current,
    "getDeviceCount": lambda: N_DEVICES,
    "getDeviceProperties": lambda device: {"name": b"hostcupy", "totalGlobalMem": 8 << 30},
    "setDevice": lambda device: Device(device).use(),
    "deviceSynchronize": counters.synchronisation,
    "memGetInfo": lambda: Device.mem_info,
    "runtimeGetVersion": lambda: 12090,
    "driverGetVersion": lambda: 12090,
}
