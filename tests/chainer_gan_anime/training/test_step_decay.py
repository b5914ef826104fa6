import types

import pytest

from chainer_gan_anime.training.step_decay import StepDecay, decayed


def test_the_factor_is_one_and_then_falls_in_a_line():
    assert [decayed(n, 0.5, 8) for n in range(9)] == [1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0]
    assert decayed(12, 0.5, 8) == 0


def test_the_step_sizes_are_set_before_the_update_also_after_a_resume():
    optimizers = [types.SimpleNamespace(alpha=alpha) for alpha in (1e-4, 4e-4)]
    decay = StepDecay(optimizers, 0.5, 8)
    trainer = types.SimpleNamespace(updater=types.SimpleNamespace(iteration=6))
    decay.initialize(trainer)
    assert [o.alpha for o in optimizers] == pytest.approx([0.5e-4, 2e-4])
    trainer.updater.iteration = 7
    decay(trainer)
    assert [o.alpha for o in optimizers] == pytest.approx([0.25e-4, 1e-4])
