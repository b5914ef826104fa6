import numpy as np

from chainer_gan_anime.common.noise import draw_uniform


def test_on_the_host_the_stream_itself_is_drawn():
    like = np.zeros((2, 3, 4, 4), "f")
    noise = draw_uniform(np.random.RandomState(3), like)
    expected = np.random.RandomState(3).uniform(0, 1, like.shape)
    assert noise.dtype == np.float32
    np.testing.assert_array_equal(noise, expected.astype("f"))
