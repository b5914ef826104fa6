import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.widening import widen
from crawler.shared.errors import UserError

WIDE = 3


def build(make_settings, algorithm, variant, factor=1):
    settings = make_settings(algorithm, variant=variant, image_size=32, ch=16 * factor)
    return registry.make_generator(settings), registry.make_discriminator(settings)


def stir(net, rng):
    """Give a net weights, biases and statistics as after training: nothing is 0 or 1."""
    for param in net.params():
        param.array[...] += rng.normal(0, 0.1, param.shape)
    for link in net.links():
        if isinstance(link, chainer.links.BatchNormalization):
            link.avg_mean[...] = rng.normal(0, 0.1, link.avg_mean.shape)
            link.avg_var[...] = rng.uniform(0.5, 2, link.avg_var.shape)


def settle(dis, x):
    """Bring spectral normalisation's vectors to where they stay."""
    if any(hasattr(link, "W_u") for link in dis.links()):
        for _ in range(300):
            dis(x)


def outputs(gen, dis, z, x):
    with chainer.using_config("train", False), chainer.using_config("in_recomputing", True):
        return gen(z).array, dis(x).array


@pytest.mark.parametrize("variant", ["A", "B", "paper"])
@pytest.mark.parametrize("algorithm", ["dcgan", "dragan", "sngan", "wgan_gp", "cramer"])
def test_without_noise_the_wider_net_computes_the_same(make_settings, rng, algorithm, variant):
    if variant not in registry.ALGORITHMS[algorithm].discriminators:
        pytest.skip(f"{algorithm} has no D of variant {variant}")
    narrow, wide = (build(make_settings, algorithm, variant, factor) for factor in (1, WIDE))
    z, x = narrow[0].make_hidden(4), rng.uniform(-1, 1, (4, 3, 32, 32)).astype("f")
    for net in narrow:
        stir(net, rng)
    settle(narrow[1], x[:1])
    for net, wider in zip(narrow, wide):
        widen(net, wider, rng, noise=0)
        assert wider.count_params() > 2 * net.count_params()
    for expected, actual in zip(outputs(*narrow, z, x), outputs(*wide, z, x)):
        np.testing.assert_allclose(actual, expected, atol=2e-5 * abs(expected).max(), rtol=0)
    settle(wide[1], x[:1])  # the vectors were where they stay
    for expected, actual in zip(outputs(*narrow, z, x), outputs(*wide, z, x)):
        np.testing.assert_allclose(actual, expected, atol=2e-5 * abs(expected).max(), rtol=0)


def test_noise_parts_the_copies_and_leaves_the_last_layer(make_settings, rng):
    (narrow, _), (wide, _) = (build(make_settings, "sngan", "A", factor) for factor in (1, 2))
    widen(narrow, wide, rng, noise=0.1)
    one, other = np.split(wide.l0.W.array, 2)
    difference = (one - other).std() / wide.l0.W.array.std()
    assert difference == pytest.approx(0.1 * 2**0.5, rel=0.1)
    one, other = np.split(wide.dc3.W.array, 2)
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("algorithm", ["began", "dfm", "minibatch_discrimination"])
def test_other_nets_are_refused(make_settings, rng, algorithm):
    narrow, wide = (build(make_settings, algorithm, "A", factor) for factor in (1, 2))
    with pytest.raises(UserError, match="cannot widen .*: give the same --ch as there"):
        for net, wider in zip(narrow, wide):
            widen(net, wider, rng)


def test_no_multiple_is_refused(make_settings, rng):
    narrow = build(make_settings, "sngan", "A", 2)[0]
    wide = build(make_settings, "sngan", "A", 3)[0]
    with pytest.raises(UserError, match="to a multiple of their channels"):
        widen(narrow, wide, rng)
