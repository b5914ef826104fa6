import pytest

from crawler.goals import Goals

BELOW = dict(n_faces=9, n_items=4, n_bytes=999, hours=1.9)


def test_without_goals_nothing_is_reached():
    assert Goals().reached(n_faces=10**9, n_items=10**9, n_bytes=10**12, hours=1e6) is None


@pytest.mark.parametrize(
    ("count", "value", "sentence"),
    [
        ("n_faces", 10, "10 faces are reached"),
        ("n_items", 5, "--max-items 5 is reached"),
        ("n_bytes", 1000, "--max-bytes 1000 is reached"),
        ("hours", 2.0, "--max-hours 2 is reached"),
    ],
)
def test_each_goal_ends_by_itself_and_says_so(count, value, sentence):
    goals = Goals(faces=10, max_items=5, max_bytes=1000, max_hours=2.0)
    assert goals.reached(**BELOW) is None
    assert goals.reached(**{**BELOW, count: value}) == sentence
