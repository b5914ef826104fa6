"""A log that lets reported values lie on the device until it is written."""

from __future__ import annotations

from collections import defaultdict

import chainer
from chainer.backends import cuda
from chainer.reporter import DictSummary
from chainer.training.extensions import LogReport


class DeferredSummary(DictSummary):
    """Chainer's summary, which on a device launches five kernels for each value it is given.

    This one keeps the values, and brings them to the host in one transfer per dtype when it is
    asked for a result or saved.  The means are then taken on the host in double precision.
    """

    def __init__(self):
        super().__init__()
        self._kept: list[dict] = []

    def add(self, d: dict) -> None:
        """Keep one observation; see ``DictSummary.add``."""
        self._kept.append({key: getattr(value, "array", value) for key, value in d.items()})

    def _read(self) -> None:
        places = defaultdict(list)
        for observation in self._kept:
            for key, value in observation.items():
                if isinstance(value, cuda.ndarray) and value.ndim == 0:
                    places[value.dtype].append((observation, key))
        for found in places.values():
            values = cuda.cupy.stack([observation[key] for observation, key in found])
            for (observation, key), value in zip(found, values.get().tolist()):
                observation[key] = value
        for observation in self._kept:
            super().add(observation)
        self._kept.clear()

    def compute_mean(self) -> dict:
        """Return the mean of each value."""
        self._read()
        return super().compute_mean()

    def make_statistics(self) -> dict:
        """Return the mean and the standard deviation of each value."""
        self._read()
        return super().make_statistics()

    def serialize(self, serializer) -> None:
        """Save or restore the sums."""
        if isinstance(serializer, chainer.Serializer):
            self._read()
        else:
            self._kept.clear()
        super().serialize(serializer)


class DeferredLogReport(LogReport):
    """Chainer's LogReport over a :class:`DeferredSummary`; the log is the same."""

    default_name = "LogReport"  # by which others find it, also in snapshots

    def _init_summary(self):
        self._summary = DeferredSummary()
