import types

from chainer_gan_anime.training.snapshot_trigger import SnapshotTrigger


def fired_at(minutes, seconds_per_iteration, n=12, period=5):
    """Return the iterations out of n at which a trigger fires."""
    clock = iter(range(0, 10**6, seconds_per_iteration))
    now = types.SimpleNamespace(s=next(clock))
    trigger = SnapshotTrigger(period, minutes, lambda: now.s)
    fired = []
    for i in range(1, n + 1):
        now.s = next(clock)
        trainer = types.SimpleNamespace(updater=types.SimpleNamespace(iteration=i))
        if trigger(trainer):
            fired.append(i)
    return fired


def test_fast_iterations_are_counted():
    assert fired_at(minutes=15, seconds_per_iteration=1) == [5, 10]


def test_slow_ones_are_timed_from_whatever_fired_last():
    assert fired_at(minutes=1, seconds_per_iteration=20) == [3, 5, 8, 10]


def test_0_minutes_is_off():
    assert fired_at(minutes=0, seconds_per_iteration=1000) == [5, 10]
