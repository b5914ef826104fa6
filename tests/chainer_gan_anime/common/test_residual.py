import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.residual import ResidualBlock
from crawler.shared.errors import UserError


@pytest.fixture
def block(rng):
    return ResidualBlock(3, chainer.initializers.Normal(0.5, rng=rng))


def test_a_new_block_changes_nothing_and_learns(block, rng):
    x = rng.normal(size=(2, 3, 4, 5)).astype("f")
    y = block(x)
    np.testing.assert_array_equal(y.array, x)
    block.cleargrads()
    F.sum(y * rng.normal(size=x.shape).astype("f")).backward()
    assert np.abs(block.bn1.gamma.grad).max() > 0


def normalised(h, bn):
    mean, var = (a.reshape(1, 3, 1, 1) for a in (bn.avg_mean, bn.avg_var))
    return (h - mean) / np.sqrt(var + bn.eps)


def test_it_adds_what_two_convolutions_make(block, rng):
    for bn in (block.bn0, block.bn1):
        bn.avg_mean[:], bn.avg_var[:] = rng.normal(size=3), rng.uniform(1, 2, 3)
    block.bn1.gamma.array[:] = rng.normal(size=3)
    x = rng.normal(size=(2, 3, 4, 5)).astype("f")
    with chainer.using_config("train", False):
        y = block(x).array
    h = np.maximum(normalised(F.convolution_2d(x, block.c0.W, pad=1).array, block.bn0), 0)
    h = normalised(F.convolution_2d(h, block.c1.W, pad=1).array, block.bn1)
    np.testing.assert_allclose(y, x + h * block.bn1.gamma.array.reshape(1, 3, 1, 1), atol=1e-5)


@pytest.mark.parametrize("variant", ["A", "B", "paper"])
def test_generators_get_them_behind_each_hidden_map(make_settings, rng, variant):
    settings = {"variant": variant, "image_size": 32}
    plain = registry.make_generator(make_settings(**settings))
    deep = registry.make_generator(make_settings(**settings, residual_blocks=2))
    blocks = [link for link in deep.links() if isinstance(link, ResidualBlock)]
    assert len(blocks) == 2 * plain.n_hidden_deconvolutions > 0
    names = {name for name, _ in plain.namedparams()}
    assert names < {name for name, _ in deep.namedparams()}
    z = plain.make_hidden(3, rng)
    np.testing.assert_array_equal(deep(z).array, plain(z).array)
    blocks[-1].bn1.gamma.array[:] = 1
    assert np.abs(deep(z).array - plain(z).array).max() > 0


def test_began_whose_generator_has_no_batch_normalisation_refuses_them(make_settings):
    with pytest.raises(UserError, match="--residual-blocks"):
        make_settings("began", residual_blocks=1)


def test_srresnet_which_has_its_own_refuses_them(make_settings):
    settings = make_settings("dragan", variant="srresnet", image_size=32, residual_blocks=1)
    with pytest.raises(UserError, match="16 of its own: leave one of them out"):
        registry.make_generator(settings)
