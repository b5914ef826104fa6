import numpy as np

from chainer_gan_anime.studies.crops import central, resized, wide_and_tight


def test_the_middle_is_what_the_tight_cut_shows():
    images = np.zeros((1, 3, 64, 64), np.uint8)
    images[:, :, 10:54, 10:54] = 200
    assert central(images).shape == (1, 3, 44, 44) and (central(images) == 200).all()
    wide, tight = wide_and_tight(images)
    assert wide.shape == tight.shape == (1, 3, 32, 32)
    assert (tight == 200).all() and wide[0, 0, 0, 0] == 0


def test_both_cuts_show_the_same_middle_in_the_end():
    y, x = np.mgrid[:64, :64] / 63
    smooth = np.stack([255 * x, 255 * y, 255 * x * y])[None].astype(np.uint8)
    wide, tight = wide_and_tight(smooth)
    ours = resized(tight, central(wide).shape[-1]).astype(float)
    inner = np.s_[:, :, 2:-2, 2:-2]  # at its edge, the filter sees another neighbourhood
    assert np.abs(ours - central(wide))[inner].max() <= 2
