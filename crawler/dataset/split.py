"""Groups of faces that belong together, and a split that tears none of them apart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping


class Groups:
    """Names that are joined into groups (union-find); a group is called by its least name."""

    def __init__(self):
        self._parent: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The group's name."""
        root = name
        while (above := self._parent.get(root, root)) != root:
            root = above
        while (above := self._parent.get(name, name)) != root:  # shorten the way for the next
            self._parent[name] = root
            name = above
        return root

    def join(self, one: str, other: str) -> None:
        """Put two names, and all that is joined with them, into one group."""
        one, other = sorted((self.of(one), self.of(other)))
        self._parent[other] = one


def split_groups(sizes: Mapping[str, int], test_share: float, seed: int) -> dict[str, str]:
    """Give each group whole to ``test`` or ``train``.

    Groups are taken in an order that a hash of their name and the seed gives, and go to
    ``test`` as long as it does not grow over its share.  So a group keeps its side when the
    set grows, but for those next to where the share is reached.

    Args:
        sizes: How many faces each group has.
        test_share: Largest share of all faces that goes to ``test``.
        seed: Of the order.
    """
    room = test_share * sum(sizes.values())
    sides = {}
    for group in sorted(sizes, key=lambda group: _rank(group, seed)):
        sides[group] = "test" if sizes[group] <= room else "train"
        if sides[group] == "test":
            room -= sizes[group]
    return sides


def join_all(groups: Groups, names: Iterable[str]) -> None:
    """Join all of some names."""
    names = list(names)
    for name in names[1:]:
        groups.join(names[0], name)


def _rank(group: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {group}".encode()).digest()
