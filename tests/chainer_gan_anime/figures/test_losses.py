import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from chainer_gan_anime.algorithms.registry import ALGORITHMS, list_log_keys
from chainer_gan_anime.figures.losses import plot_losses

KEYS = list_log_keys("dragan")


def test_curves_are_drawn_and_missing_keys_left_out(tmp_path):
    watched = ("logit_real", "logit_fake", "accuracy_real", "accuracy_fake")
    log = [
        {"iteration": i, "loss_gen": 1 / i, "loss_dis": 1.0, **dict.fromkeys(watched, 0.5)}
        for i in range(1, 50)
    ]
    plot_losses(tmp_path / "a.png", log, KEYS)
    plot_losses(tmp_path / "b.png", [{**entry, "loss_gp": 0.5} for entry in log], KEYS)
    a, b = (np.asarray(Image.open(tmp_path / name).convert("RGB")) for name in ("a.png", "b.png"))
    assert a.shape == b.shape and a.shape[0] > 500
    assert (a != b).any() and (a != 255).any()
    assert [path.name for path in tmp_path.glob("*.part")] == []


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_label_is_longer_than_its_panel(tmp_path, monkeypatch, algorithm):
    figures = []
    savefig = Figure.savefig

    def watch(figure, *arguments, **given):
        savefig(figure, *arguments, **given)
        figures.append(figure)

    monkeypatch.setattr(Figure, "savefig", watch)
    keys = list_log_keys(algorithm)
    log = [{"iteration": i, **dict.fromkeys(keys, 0.5)} for i in (1, 2)]
    plot_losses(tmp_path / "a.png", log, keys)
    figures[0].draw_without_rendering()  # at its own resolution, not the file's
    for axes in figures[0].axes:
        label, panel = axes.yaxis.label.get_window_extent(), axes.get_window_extent()
        assert label.height < panel.height, axes.get_ylabel()
