import numpy as np
import pytest
from chainer.serializers import DictionarySerializer, NpzDeserializer

from chainer_gan_anime.training.alarm import (
    COLLAPSE,
    D_ALWAYS_RIGHT,
    D_WINS_BY_LOSS,
    MESSAGES,
    GameAlarm,
    pixel_deviation,
)

HEALTHY = dict(accuracy_real=0.8, accuracy_fake=0.85, loss_dis=0.9, loss_gen=1.5)
RIGHT = {**HEALTHY, "accuracy_real": 1.0, "accuracy_fake": 1.0}
WON = {**HEALTHY, "loss_dis": 0.001, "loss_gen": 9.0}


def feed(alarm, observations, start=1):
    """Return {iteration: alarms raised there}."""
    raised = {}
    for iteration, observation in enumerate(observations, start):
        names = alarm.update(iteration, **observation)
        if names:
            raised[iteration] = names
    return raised


def test_a_healthy_game_is_quiet():
    random = np.random.RandomState(0)
    noisy = [{k: v * random.uniform(0.9, 1.1) for k, v in HEALTHY.items()} for _ in range(2000)]
    assert feed(GameAlarm(), [{**o, "deviation": 0.3} for o in noisy]) == {}


def test_d_always_right_takes_500_iterations_once_smoothing_is_warm():
    assert feed(GameAlarm(window=20), [RIGHT] * 1200) == {520: [D_ALWAYS_RIGHT]}


def test_both_accuracies_must_be_right():
    assert feed(GameAlarm(), [{**RIGHT, "accuracy_fake": 0.98}] * 1000) == {}
    assert feed(GameAlarm(), [{**RIGHT, "accuracy_real": 0.98}] * 1000) == {}


def test_losing_for_a_while_starts_the_count_anew():
    lapse = [{**RIGHT, "accuracy_real": 0.5}] * 10
    raised = feed(GameAlarm(), [*[RIGHT] * 400, *lapse, *[RIGHT] * 1000])
    (iteration,) = raised
    assert iteration > 910


def test_one_wrong_image_of_a_hundred_does_not_hide_that_d_wins():
    observations = [RIGHT] * 300 + [{**RIGHT, "accuracy_real": 0.99}] + [RIGHT] * 300
    assert list(feed(GameAlarm(), observations)) == [520]


def test_d_wins_by_loss_needs_both_losses():
    assert feed(GameAlarm(), [WON] * 100) == {20: [D_WINS_BY_LOSS]}
    assert feed(GameAlarm(), [{**WON, "loss_gen": 5.9}] * 100) == {}
    assert feed(GameAlarm(), [{**WON, "loss_dis": 0.021}] * 100) == {}


def test_losses_are_smoothed_without_bias_to_their_start():
    # from the first iterations on, the average of a constant is that constant
    alarm = GameAlarm(window=5)
    assert feed(alarm, [{**WON, "loss_dis": 0.0199, "loss_gen": 6.01}] * 5) == {
        5: [D_WINS_BY_LOSS]
    }
    assert feed(GameAlarm(), [HEALTHY] * 50 + [WON] * 3) == {}


def test_an_alarm_is_raised_once_clears_and_is_raised_again():
    alarm = GameAlarm(window=5)
    assert list(feed(alarm, [WON] * 50)) == [5]
    assert alarm.active == (D_WINS_BY_LOSS,)
    feed(alarm, [HEALTHY] * 50, start=51)
    assert alarm.active == ()
    assert len(feed(alarm, [WON] * 200, start=101)) == 1


def test_an_alarm_that_flickers_is_raised_once():
    flicker = [WON] * 30 + [{**WON, "loss_gen": 0}] + [WON] * 15  # smoothed, below 6 for some
    assert list(feed(GameAlarm(window=20), flicker * 5)) == [20]


def test_collapse_is_a_quarter_of_the_best_deviation():
    deviations = [0.05, 0.2, 0.4, 0.3, 0.11, 0.1, 0.0999, 0.05]
    observations = [{**HEALTHY, "deviation": d} for d in deviations]
    alarm = GameAlarm()
    assert feed(alarm, observations) == {7: [COLLAPSE]}
    assert alarm.update(9, **HEALTHY) == [] and alarm.active == (COLLAPSE,)  # not drawn now


def test_a_resumed_alarm_goes_on_as_an_unbroken_one():
    observations = [{**RIGHT, "deviation": 0.4}] * 300 + [{**RIGHT, "deviation": 0.01}] * 300
    whole = GameAlarm()
    expected = feed(whole, observations)
    first = GameAlarm()
    got = feed(first, observations[:250])
    serializer = DictionarySerializer()
    first.serialize(serializer)
    second = GameAlarm()
    second.serialize(NpzDeserializer(serializer.target))
    got.update(feed(second, observations[250:], start=251))
    assert got == expected == {301: [COLLAPSE], 520: [D_ALWAYS_RIGHT]}
    assert second.active == whole.active


def test_every_alarm_has_a_message():
    assert set(MESSAGES) == {D_ALWAYS_RIGHT, D_WINS_BY_LOSS, COLLAPSE}


def test_pixel_deviation_is_over_the_batch():
    images = np.zeros((2, 3, 4, 4), np.float32)
    images[:, :, :2] = 1  # structure within an image does not count
    assert pixel_deviation(images) == 0
    images[0] += 1
    assert pixel_deviation(images) == pytest.approx(0.5)
