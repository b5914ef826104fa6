import pytest

from chainer_gan_anime.kernels import engines
from chainer_gan_anime.training.engine import keep_engine
from crawler.shared.errors import UserError


def test_a_run_keeps_what_computed_it_and_says_so_where_another_was_named():
    assert keep_engine("numpy", "numpy") == ("numpy", None)
    engine, sentence = keep_engine("numpy", "chainer")
    assert engine == "chainer"
    assert sentence.startswith("This run was computed by Chainer's own functions so far")
    assert "not by the NumPy kernels" in sentence


@pytest.mark.parametrize("chosen", ["numpy", "chainer"])
def test_an_engine_that_cannot_be_used_is_not_kept(monkeypatch, chosen):
    def choose(name):
        raise UserError("it is gone")

    monkeypatch.setattr(engines, "choose_engine", choose)
    engine, sentence = keep_engine(chosen, "onednn")
    assert engine == chosen and "onednn so far, which cannot be used here" in sentence
