import types

import chainer
import chainer.links as L
import numpy as np
import pytest

from chainer_gan_anime.training.finite import FiniteGuard
from crawler.shared.errors import UserError


def make_trainer(tmp_path, iteration, **losses):
    updater = types.SimpleNamespace(iteration=iteration)
    return types.SimpleNamespace(updater=updater, out=str(tmp_path), observation=losses)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("key", ["loss_gen", "loss_dis", "loss_gp"])
def test_a_loss_that_is_no_number_stops(tmp_path, key, bad):
    guard = FiniteGuard([], 1)
    guard(make_trainer(tmp_path, 1, loss_gen=1.0, loss_dis=chainer.Variable(np.array(2, "f"))))
    with pytest.raises(UserError, match="a loss is no number any more at iteration 2; .* none"):
        guard(make_trainer(tmp_path, 2, **{key: np.float32(bad)}))


def test_other_values_may_be_anything(tmp_path):
    FiniteGuard([], 1)(make_trainer(tmp_path, 1, loss_gen=1.0, kid=np.nan))


def test_with_a_period_the_sum_remembers_until_it_is_looked_at(tmp_path):
    guard = FiniteGuard([], 3)
    guard(make_trainer(tmp_path, 1, loss_gen=np.inf))
    guard(make_trainer(tmp_path, 2, loss_gen=-np.inf))
    with pytest.raises(UserError, match="at iteration 3, since at most 3 iterations"):
        guard(make_trainer(tmp_path, 3, loss_gen=1.0))


def test_parameters_are_looked_at_before_a_snapshot(tmp_path):
    net = chainer.Sequential(L.Linear(2, 2))
    guard = FiniteGuard([net], 1)
    assert guard.check_parameters(make_trainer(tmp_path, 1))
    net[0].W.array[1, 1] = np.nan
    with pytest.raises(UserError, match="Sequential/0/W is no number"):
        guard.check_parameters(make_trainer(tmp_path, 1))
