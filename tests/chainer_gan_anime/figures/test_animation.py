import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.figures.animation import load_timeline, save_gif
from chainer_gan_anime.figures.grid import save_png
from crawler.shared.errors import UserError


def frame(level):
    return np.full((8, 8, 3), level, np.uint8)


def test_a_gif_has_every_frame_and_holds_the_last(tmp_path):
    save_gif(tmp_path / "a.gif", [frame(level) for level in (0, 120, 240)], frame_ms=50)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 3 and gif.info["loop"] == 0
        seen = []
        for i in range(3):
            gif.seek(i)
            seen.append((np.asarray(gif.convert("RGB")).mean(), gif.info["duration"]))
    assert [duration for _, duration in seen] == [50, 50, 1050]
    np.testing.assert_allclose([level for level, _ in seen], [0, 120, 240], atol=2)


def test_the_timeline_is_thinned_evenly_and_keeps_both_ends(tmp_path):
    (tmp_path / "preview").mkdir()
    for i in range(10):
        save_png(tmp_path / "preview" / f"iter_{i + 1:08}.png", frame(i * 20))
    levels = [picture[0, 0, 0] for picture in load_timeline(tmp_path, 4)]
    assert levels == [0, 60, 120, 180]
    assert len(load_timeline(tmp_path, 99)) == 10


def test_a_run_without_previews_is_refused(tmp_path):
    with pytest.raises(UserError, match="has no previews"):
        load_timeline(tmp_path)
