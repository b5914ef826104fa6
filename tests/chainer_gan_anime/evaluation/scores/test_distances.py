import numpy as np

from chainer_gan_anime.evaluation.scores.distances import squared_distances


def test_blocks_cover_all_rows_and_equal_the_definition():
    rng = np.random.RandomState(0)
    x, y = rng.randn(11, 4).astype(np.float32), rng.randn(7, 4).astype(np.float32)
    blocks = list(squared_distances(x, y, block_size=4))
    assert [(rows.start, rows.stop) for rows, _ in blocks] == [(0, 4), (4, 8), (8, 11)]
    got = np.concatenate([distances for _, distances in blocks])
    expected = ((x[:, None].astype(np.float64) - y[None]) ** 2).sum(axis=2)
    np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_equal_rows_are_exactly_zero_apart():
    x = np.random.RandomState(1).randn(50, 1280).astype(np.float32) * 30
    (_, distances), *_ = squared_distances(x, x)
    np.testing.assert_array_equal(np.diagonal(distances), 0)
    assert (distances + np.eye(50) > 0).all()
