"""Near-duplicates: all pairs of near hashes, and which face of them stays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

N_BITS = 64
_AT_ONCE = 256


def near_pairs(hashes: np.ndarray, radius: int) -> np.ndarray:
    """All pairs of 64-bit hashes that differ in at most ``radius`` bits.

    Multi-index hashing (Norouzi, Punjani and Fleet, 2012): hashes that differ in r bits agree
    on at least one of r + 1 parts.  So each part in turn is sorted by, and only hashes that
    agree on it are compared.

    Args:
        hashes: uint64 (N,).
        radius: Largest number of differing bits, below 64.

    Returns:
        int64 (n_pairs, 2): the indices of each pair once, the smaller first, sorted.
    """
    hashes = np.asarray(hashes, np.uint64)
    edges = np.linspace(0, N_BITS, radius + 2).astype(int)
    parts = [
        (hashes >> np.uint64(low)) & np.uint64((1 << int(high - low)) - 1)
        for low, high in zip(edges, edges[1:])
    ]
    found = []
    for number, part in enumerate(parts):
        order = np.argsort(part, kind="stable")
        part = part[order]
        here = np.arange(len(order) - 1)
        step = 1
        while len(here := here[part[here] == part[here + step]]):
            a, b = order[here], order[here + step]
            near = popcount(hashes[a] ^ hashes[b]) <= radius
            for earlier in parts[:number]:  # where they agreed, the pair was met before
                near &= earlier[a] != earlier[b]
            found.append(np.stack([np.minimum(a, b)[near], np.maximum(a, b)[near]], axis=1))
            step += 1
            here = here[here + step < len(order)]
    pairs = np.concatenate(found) if found else np.empty((0, 2), np.int64)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def nearest_distances(hashes: np.ndarray) -> np.ndarray:
    """How many bits each 64-bit hash is away from the nearest other one, int64 (N,).

    All are compared with all, some thousand at a time: 25,000 take seconds.
    """
    hashes = np.asarray(hashes, np.uint64)
    found = np.full(len(hashes), N_BITS, np.int64)
    for first in range(0, len(hashes), _AT_ONCE):
        rows = hashes[first : first + _AT_ONCE]
        distances = popcount(rows[:, None] ^ hashes[None]).astype(np.uint8)
        distances[np.arange(len(rows)), first + np.arange(len(rows))] = N_BITS
        found[first : first + len(rows)] = distances.min(axis=1, initial=N_BITS)
    return found


def popcount(values: np.ndarray) -> np.ndarray:
    """How many bits are set in each uint64 (``np.bitwise_count`` came with NumPy 2)."""
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(values)
    pairs, fours, eights = (
        np.uint64(mask) for mask in (0x5555555555555555, 0x3333333333333333, 0x0F0F0F0F0F0F0F0F)
    )
    values = values - ((values >> np.uint64(1)) & pairs)
    values = (values & fours) + ((values >> np.uint64(2)) & fours)
    values = (values + (values >> np.uint64(4))) & eights
    with np.errstate(over="ignore"):
        return (values * np.uint64(0x0101010101010101)) >> np.uint64(56)


def keepers(n: int, pairs: np.ndarray, best_first: Sequence[int]) -> np.ndarray:
    """Which items stay: the best first, and each takes its still undecided neighbours away.

    So every item that goes is near one that stays and is better, no two that stay are near,
    and leaving out items that go changes nothing for the others.

    Args:
        n: How many items there are.
        pairs: int (n_pairs, 2), of neighbours.
        best_first: The items' indices in the order of preference.

    Returns:
        int64 (n,): for each item itself if it stays, else the one it goes in favour of.
    """
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    starts = np.searchsorted(both[:, 0], np.arange(n + 1))
    favoured = np.full(n, -1, np.int64)
    for item in best_first:
        if favoured[item] < 0:
            favoured[item] = item
            neighbours = both[starts[item] : starts[item + 1], 1]
            favoured[neighbours[favoured[neighbours] < 0]] = item
    return favoured
