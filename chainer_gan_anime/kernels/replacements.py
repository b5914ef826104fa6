"""Replacements: functions in the place of Chainer's own, put there and taken out again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType


class Replacements:
    """Functions that stand in others' place while they are installed.

    Args:
        functions: (class or module, name) to the function that takes that place.
        when_switched: Called with True when they were put in place, with False when they were
            taken out.

    Attributes:
        originals: (class or module, name) to what was there; empty while not installed.
    """

    def __init__(
        self,
        functions: Mapping[tuple[type | ModuleType, str], Callable],
        when_switched: Callable[[bool], None],
    ):
        self._functions = functions
        self._when_switched = when_switched
        self.originals: dict[tuple[type | ModuleType, str], Callable] = {}

    def are_installed(self) -> bool:
        """Whether the functions are in place."""
        return bool(self.originals)

    def install(self) -> None:
        """Put the functions in place; a second call changes nothing."""
        if not self.originals:
            for (owner, name), function in self._functions.items():
                self.originals[owner, name] = vars(owner)[name]
                setattr(owner, name, function)
            self._when_switched(True)

    def uninstall(self) -> None:
        """Give the owners their own functions back; without ``install`` it changes nothing.

        Raises:
            RuntimeError: Others came into the same places since and must be taken out first.
        """
        for (owner, name), function in self._functions.items():
            if self.originals and vars(owner)[name] is not function:
                raise RuntimeError(f"{owner.__name__}.{name} was replaced once more since")
        if self.originals:
            for (owner, name), original in self.originals.items():
                setattr(owner, name, original)
            self.originals.clear()
            self._when_switched(False)

    @contextlib.contextmanager
    def switched(self, enabled: bool = True) -> Iterator[None]:
        """Compute with the functions, or without them, inside a ``with`` block."""
        before = self.are_installed()
        (self.install if enabled else self.uninstall)()
        try:
            yield
        finally:
            (self.install if before else self.uninstall)()
