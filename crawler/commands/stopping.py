"""Ctrl-C and SIGTERM: the first asks to end cleanly, the second ends at once."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator


class Stop:
    """Whether the user has asked to stop, and with which signal."""

    def __init__(self):
        self.signal: int | None = None

    def asked(self) -> bool:
        """Whether to stop as soon as nothing is half done."""
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """What shells expect of a program that a signal ended."""
        return 128 + self.signal

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Listen while the body runs."""
        kept = {
            number: signal.signal(number, self._handle)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in kept.items():
                signal.signal(number, handler)

    def _handle(self, number: int, _frame) -> None:
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
        print("\nstopping after this picture; once more to stop at once", file=sys.stderr)
