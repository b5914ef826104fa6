"""What the device was asked to do, counted: launches, products, bytes and transfers."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Counters:
    """Totals since the counters were made.

    Attributes:
        launches: Kernel name to number of launches; matrix products are counted apart.
        gemms: (m, n, k) to number of products of an m x k by a k x n matrix.
        gemm_flops: 2 m n k, added over the products.
        gemm_bytes: The sizes of the products' operands, added up.
        kernel_bytes: The sizes of the kernels' operands, added up: the least traffic with the
            device's memory.
        h2d_calls: Transfers from host to device.
        h2d_bytes: Their bytes.
        h2d_shapes: Their shapes and dtypes.
        d2h_calls: Transfers from device to host; each one waits for the device.
        d2h_bytes: Their bytes.
        synchronisations: Waits for the device, those of ``d2h_calls`` included.
        peak_bytes: The most memory that arrays held whenever one was made.
    """

    launches: Counter = field(default_factory=Counter)
    gemms: Counter = field(default_factory=Counter)
    gemm_flops: int = 0
    gemm_bytes: int = 0
    kernel_bytes: int = 0
    h2d_calls: int = 0
    h2d_bytes: int = 0
    h2d_shapes: Counter = field(default_factory=Counter)
    d2h_calls: int = 0
    d2h_bytes: int = 0
    synchronisations: int = 0
    peak_bytes: int = 0

    @property
    def n_launches(self) -> int:
        """Everything that is put on the device's queue: kernels and matrix products."""
        return sum(self.launches.values()) + sum(self.gemms.values())


_active: list[Counters] = []
_paused = 0


@contextlib.contextmanager
def counting() -> Iterator[Counters]:
    """Count what happens within; blocks may be nested, each one counts for itself."""
    counters = Counters()
    _active.append(counters)
    try:
        yield counters
    finally:
        _active[:] = [c for c in _active if c is not counters]


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """Count nothing within: for what the device does as a part of one counted launch."""
    global _paused
    _paused += 1
    try:
        yield
    finally:
        _paused -= 1


def _counters() -> list[Counters]:
    return [] if _paused else _active


def launch(name: str, *host_arrays, times: int = 1) -> None:
    """Note launches of one kernel that reads or writes each of the arrays once."""
    for counters in _counters():
        counters.launches[name] += times
        counters.kernel_bytes += sum(getattr(a, "nbytes", 0) for a in host_arrays)


def gemm(m: int, n: int, k: int, itemsize: int, batch: int = 1) -> None:
    """Note one call of a matrix product (m, k) x (k, n), or of a batch of such products."""
    for counters in _counters():
        counters.gemms[m, n, k] += 1
        counters.gemm_flops += 2 * m * n * k * batch
        counters.gemm_bytes += (m * k + k * n + m * n) * itemsize * batch


def host_to_device(host_array) -> None:
    """Note a transfer of this array to the device."""
    for counters in _counters():
        counters.h2d_calls += 1
        counters.h2d_bytes += host_array.nbytes
        counters.h2d_shapes[host_array.shape, host_array.dtype.name] += 1


def device_to_host(host_array) -> None:
    """Note a transfer of this array to the host, which waits for the device."""
    for counters in _counters():
        counters.d2h_calls += 1
        counters.d2h_bytes += host_array.nbytes
        counters.synchronisations += 1


def synchronisation() -> None:
    """Note a wait for the device."""
    for counters in _counters():
        counters.synchronisations += 1


def memory_in_use(n_bytes: int) -> None:
    """Note how much memory arrays hold now."""
    for counters in _counters():
        counters.peak_bytes = max(counters.peak_bytes, n_bytes)
