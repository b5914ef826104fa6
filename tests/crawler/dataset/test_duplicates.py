from __future__ import annotations

import numpy as np
import pytest

from crawler.dataset import duplicates
from crawler.dataset.duplicates import keepers, near_pairs, popcount


def some_hashes(n, seed=0):
    """Random ones, and near ones of them."""
    rng = np.random.default_rng(seed)
    bits = rng.random((n, 64)) < 0.5
    bits[n // 2 :] = bits[: n - n // 2] ^ (rng.random((n - n // 2, 64)) < 0.07)
    bits[-3:] = bits[0]
    return np.packbits(bits, axis=1).view(np.uint64).ravel()


@pytest.mark.parametrize("radius", [0, 1, 3, 4, 6, 10])
def test_all_pairs_and_no_other(radius):
    hashes = some_hashes(600)
    a, b = np.triu_indices(len(hashes), 1)
    distances = np.array([bin(int(x)).count("1") for x in hashes[a] ^ hashes[b]])
    expected = np.stack([a, b], axis=1)[distances <= radius]
    assert len(expected) > 2
    assert np.array_equal(near_pairs(hashes, radius), expected)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_few_hashes(n):
    pairs = near_pairs(np.zeros(n, np.uint64), 4)
    assert pairs.tolist() == [[0, 1]][: n - 1 if n else 0]


def test_popcount_without_numpy_2(monkeypatch):
    hashes = np.append(some_hashes(50), np.array([0, 2**64 - 1, 2**63, 1], np.uint64))
    expected = [bin(int(value)).count("1") for value in hashes]
    assert popcount(hashes).tolist() == expected
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert popcount(hashes).tolist() == expected
    pairs = near_pairs(hashes, 6)
    monkeypatch.undo()
    assert np.array_equal(pairs, near_pairs(hashes, 6))
    assert duplicates.N_BITS == 64


def test_keepers_by_hand():
    # 0-1-2 is a chain with 1 the best: both others go.  With 0 best, 2 is near no keeper.
    pairs = np.array([[0, 1], [1, 2]])
    assert keepers(4, pairs, [1, 0, 2, 3]).tolist() == [1, 1, 1, 3]
    assert keepers(4, pairs, [0, 1, 2, 3]).tolist() == [0, 0, 2, 3]
    assert keepers(2, np.empty((0, 2), int), [0, 1]).tolist() == [0, 1]


def test_leaving_out_what_goes_changes_nothing():
    hashes = some_hashes(400, seed=1)
    order = np.random.default_rng(1).permutation(400)
    kept = keepers(400, near_pairs(hashes, 6), order)
    stays = kept == np.arange(400)
    assert 0 < stays.sum() < 400
    distance = popcount(hashes[kept] ^ hashes)
    rank = np.argsort(order)
    assert (distance <= 6).all()
    assert (rank[kept] <= rank).all()
    part = np.flatnonzero(stays | (np.arange(400) % 2 == 0))  # all that stay, half of the rest
    again = keepers(len(part), near_pairs(hashes[part], 6), np.argsort(rank[part]))
    assert np.array_equal(part[again == np.arange(len(part))], np.flatnonzero(stays))


@pytest.mark.slow
def test_fifty_thousand_in_a_minute():
    import time

    hashes = some_hashes(50_000)
    began = time.process_time()
    near_pairs(hashes, 6)
    assert time.process_time() - began < 60
