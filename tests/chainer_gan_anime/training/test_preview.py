import types

import numpy as np
from PIL import Image

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.figures.grid import make_grid
from chainer_gan_anime.training.preview import Preview


def test_the_grid_is_of_the_same_latents_and_has_a_fixed_name(make_settings, tmp_path):
    gen = registry.make_generator(make_settings())
    preview = Preview(gen, np.random.RandomState(4), n_columns=3)
    trainer = types.SimpleNamespace(out=str(tmp_path), updater=types.SimpleNamespace(iteration=7))
    training_stream = gen.rng.get_state()[1].copy()
    preview(trainer)
    z = gen.make_hidden(9, np.random.RandomState(4))
    expected = make_grid(generate(gen, z), 3)
    for name in ("preview.png", "preview/iter_00000007.png"):
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / name)), expected)
    np.testing.assert_array_equal(gen.rng.get_state()[1], training_stream)
