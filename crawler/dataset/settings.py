"""What determines a set once its faces are cut."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.shared.errors import UserError


@dataclass(frozen=True)
class BuildSettings:
    """Every choice that `build` makes; the numbers are explained in crawler/faces/README.md.

    Raises:
        UserError: If a value makes no sense.
    """

    duplicate_radius: int = 2  # differing bits of 64 up to which two faces are one
    group_radius: int = 6  # up to which they at least never straddle the split
    test_share: float = 0.05  # of the faces, on the split's test side
    seed: int = 0  # of the split and of the sheet of random faces

    def __post_init__(self):
        if not 0 <= self.duplicate_radius <= self.group_radius <= 10:
            raise UserError(
                f"a duplicate radius of {self.duplicate_radius} and a group radius of "
                f"{self.group_radius} bits do not go together: 0 <= duplicates <= groups <= 10."
            )
        if not 0 <= self.test_share < 1:
            raise UserError(f"a test share of {self.test_share} is not at least 0 and below 1.")
