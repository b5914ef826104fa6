import os
import signal
import types

from chainer_gan_anime.training.stop import StopTrigger


def trainer(iteration):
    return types.SimpleNamespace(updater=types.SimpleNamespace(iteration=iteration))


def test_it_stops_at_the_length():
    stop = StopTrigger(10)
    assert not stop(trainer(9)) and stop(trainer(10))
    assert stop.get_training_length() == (10, "iteration")


def test_a_signal_stops_and_a_second_one_is_not_caught():
    before = signal.getsignal(signal.SIGTERM)
    with StopTrigger(10) as stop:
        assert not stop(trainer(1))
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop(trainer(1)) and stop.signal_name == "SIGTERM"
        assert signal.getsignal(signal.SIGTERM) is before
    assert signal.getsignal(signal.SIGTERM) is before
