import types

import numpy as np

from chainer_gan_anime.figures.plate import MARGIN_PX
from chainer_gan_anime.figures.seed_plate import make_seed_plate


class _Run:
    """A run whose faces are even squares of one grey level."""

    checkpoints = ["an early one", "the last"]

    def __init__(self, name, seed, level):
        self.name, self.level = name, level
        self.settings = types.SimpleNamespace(seed=seed)

    def preview_latents(self, count):
        return np.zeros((count, 2), "f")

    def draw(self, checkpoint, z):
        assert checkpoint == "the last"
        return np.full((len(z), 3, 8, 8), self.level, "uint8")


def test_each_run_has_a_row_and_each_training_a_column():
    rows = [[_Run("a", 0, 10), _Run("a", 1, 20)], [_Run("b", 0, 30), _Run("b", 1, 40)]]
    plate = make_seed_plate(rows)
    below = plate.shape[0] // 2 + MARGIN_PX  # inside the second row's grids
    right = plate.shape[1] // 2 + MARGIN_PX
    places = [(y, x) for y in (MARGIN_PX + 4, below) for x in (MARGIN_PX + 4, right)]
    assert [set(plate[place]) for place in places] == [{10}, {20}, {30}, {40}]
