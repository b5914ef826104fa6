import pathlib

import pytest

from chainer_gan_anime.training import loss_plot


@pytest.fixture(autouse=True)
def no_time_for_curves(monkeypatch):
    """Leaves an empty loss.png, which takes longer to draw than these runs take to train.

    Real ones are drawn by the tests of the commands and of the figures.
    """
    monkeypatch.setattr(loss_plot, "plot_losses", lambda path, *_: pathlib.Path(path).touch())
