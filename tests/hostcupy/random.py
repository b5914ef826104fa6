"""``cupy.random``: NumPy's streams, with CuPy's dtypes and without a way to read the state."""

from __future__ import annotations

import numpy as np

from tests.hostcupy import counters
from tests.hostcupy.arrays import ndarray, unwrap, wrap


class RandomState:
    """Streams of ``numpy.random.RandomState(seed)``; cuRAND's numbers are others.

    Real CuPy can neither save nor set the state of a stream, so this class offers no way either.
    """

    def __init__(self, seed=None, method=None):
        self._stream = np.random.RandomState(None if seed is None else int(seed) % 2**32)

    def _drawn(self, values, dtype) -> ndarray:
        host = np.asarray(values, dtype)
        counters.launch("curand_generate", host)
        counters.launch("cupy_random_scale", host, host)
        return wrap(host)

    def seed(self, seed=None):
        self._stream.seed(seed)

    def random_sample(self, size=None, dtype=float):
        return self._drawn(self._stream.random_sample(size), dtype)

    def rand(self, *size, dtype=float):
        return self.random_sample(size, dtype)

    def uniform(self, low=0.0, high=1.0, size=None, dtype=float):
        return self._drawn(self._stream.uniform(low, high, size), dtype)

    def normal(self, loc=0.0, scale=1.0, size=None, dtype=float):
        return self._drawn(self._stream.normal(loc, scale, size), dtype)

    def standard_normal(self, size=None, dtype=float):
        return self.normal(size=size, dtype=dtype)

    def randn(self, *size, dtype=float):
        return self.normal(size=size, dtype=dtype)

    def randint(self, low, high=None, size=None, dtype=int):
        return self._drawn(self._stream.randint(low, high, size), dtype)

    def permutation(self, a):
        order = wrap(self._stream.permutation(a if isinstance(a, int) else len(a)))
        counters.launch("curand_generate", order._host)
        counters.launch("cupy_argsort", order._host, order._host)
        return order if isinstance(a, int) else a[order]

    def choice(self, a, size=None, replace=True, p=None):
        return self._drawn(self._stream.choice(unwrap(a), size, replace, unwrap(p)), int)


_default = RandomState(0)

FUNCTIONS = {
    name: getattr(_default, name) for name in vars(RandomState) if not name.startswith("_")
}
