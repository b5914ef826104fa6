"""Option: a setting that only some algorithms have; and the bounds of every setting's value."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from crawler.shared.errors import UserError


@dataclasses.dataclass(frozen=True)
class Option:
    """A setting that only some algorithms have; their entries in the registry list theirs.

    Attributes:
        name: Of the setting, and of the updater's argument that takes it.
        help: What ``--help`` says of its flag.
        kind: Type of its value.
        choices: The values it can have; empty for any.
        low: The smallest value.
        high: What it must stay below.
        default: What it is if no preset says; None leaves that to the argument that takes it.
        of_dis: Whether D's constructor takes it, not the updater's.
    """

    name: str
    help: str
    kind: type = float
    choices: tuple = ()
    low: float | None = None
    high: float | None = None
    default: Any = None
    of_dis: bool = False

    def check(self, value: Any) -> None:
        """Refuse a value out of bounds.

        Raises:
            UserError: It is.
        """
        check_value(self.name, value, self.choices, self.low, self.high)


def flag_name(field_name: str) -> str:
    """Return the flag of a settings field: ``n_dis`` is ``--n-dis``."""
    return "--" + field_name.replace("_", "-")


def check_value(name: str, value: Any, choices: tuple = (), low=None, high=None) -> None:
    """Refuse a setting's value that is none of its choices or out of its bounds.

    Raises:
        UserError: It is.
    """
    if value is None:
        return
    flag = flag_name(name)
    if choices and value not in choices:
        raise UserError(f"{flag} {value} is unknown: take one of {', '.join(choices)}.")
    if isinstance(value, float) and not math.isfinite(value):
        raise UserError(f"{flag} {value} is no number to compute with: take a finite one.")
    if low is not None and value < low:
        raise UserError(f"{flag} {value} is too small: take at least {low}.")
    if high is not None and value >= high:
        raise UserError(f"{flag} {value} is too large: stay below {high:.10g}.")
