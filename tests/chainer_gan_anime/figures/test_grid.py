import numpy as np
from PIL import Image

from chainer_gan_anime.figures.grid import make_grid, save_png


def test_images_are_laid_out_row_by_row(rng):
    images = rng.randint(0, 255, (5, 3, 4, 6)).astype(np.uint8)
    grid = make_grid(images, 3, gap_px=2)
    assert grid.shape == (2 * 6 + 2, 3 * 8 + 2, 3)
    np.testing.assert_array_equal(grid[2:6, 2:8], images[0].transpose(1, 2, 0))
    np.testing.assert_array_equal(grid[8:12, 10:16], images[4].transpose(1, 2, 0))
    assert (grid[:2] == 255).all() and (grid[8:12, 18:24] == 255).all()


def test_png_keeps_every_value(tmp_path, rng):
    picture = rng.randint(0, 256, (5, 7, 3)).astype(np.uint8)
    save_png(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "a.png")), picture)
