from __future__ import annotations

import numpy as np

from crawler.dataset.split import Groups, join_all, split_groups


def test_groups_are_the_connected_parts():
    rng = np.random.RandomState(0)
    groups = Groups()
    labels = {f"{number:03}": number for number in range(200)}  # the slow way
    for one, other in rng.randint(0, 200, (150, 2)):
        one, other = f"{one:03}", f"{other:03}"
        groups.join(one, other)
        old, new = labels[one], labels[other]
        labels = {name: new if label == old else label for name, label in labels.items()}
    for name, label in labels.items():
        assert groups.of(name) == min(other for other in labels if labels[other] == label)


def test_join_all():
    groups = Groups()
    join_all(groups, ["c", "b", "d"])
    join_all(groups, [])
    assert [groups.of(name) for name in "abcd"] == ["a", "b", "b", "b"]


SIZES = {f"group{number}": 1 + number % 7 for number in range(300)}


def test_the_share_is_kept():
    sides = split_groups(SIZES, 0.1, seed=0)
    n_test = sum(SIZES[group] for group, side in sides.items() if side == "test")
    assert 0.095 * sum(SIZES.values()) < n_test <= 0.1 * sum(SIZES.values())
    assert set(sides) == set(SIZES)
    assert set(split_groups(SIZES, 0, seed=0).values()) == {"train"}


def test_a_group_that_is_too_large_does_not_break_the_share():
    sides = split_groups({**SIZES, "huge": 10_000}, 0.01, seed=0)
    assert sides["huge"] == "train"
    assert "test" in sides.values()


def test_the_seed_decides():
    assert split_groups(SIZES, 0.1, seed=0) == split_groups(
        dict(reversed(SIZES.items())), 0.1, seed=0
    )
    assert split_groups(SIZES, 0.1, seed=0) != split_groups(SIZES, 0.1, seed=1)


def test_most_sides_stay_when_the_set_grows():
    before = split_groups(SIZES, 0.1, seed=0)
    after = split_groups({**SIZES, **{f"new{number}": 3 for number in range(60)}}, 0.1, seed=0)
    assert sum(before[group] != after[group] for group in before) < 0.05 * len(before)
