import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.kernels import engines
from chainer_gan_anime.kernels.fusion import ReLU6
from chainer_gan_anime.pretrained import efficientnet
from chainer_gan_anime.pretrained.feature_maps import FeatureMaps, FrozenConvolution
from crawler.shared.errors import UserError
from tests.chainer_gan_anime.pretrained.networks import random_network


@pytest.fixture
def maps(monkeypatch):
    monkeypatch.setattr(efficientnet, "pretrained", random_network)
    return FeatureMaps("efficientnet-lite0")


@pytest.fixture
def images(rng):
    return rng.uniform(-1, 1, (2, 3, 64, 64)).astype("f")


def maps_of_the_whole_network(x):
    """Those of the network itself, in test mode, with its normalisation where it stands."""
    net, found = random_network(), {}
    h = (x + 1) * 127.5
    with chainer.using_config("train", False):
        h = efficientnet.EfficientNetLite.scale(h)
        h = F.relu6(net._bn0(efficientnet._conv_same(h, net._conv_stem)))
        for block in net._blocks:
            h = block(h)
            found[h.shape[2]] = h  # the last of each size stays
    return [found[size] for size in (16, 8, 4, 2)]


@pytest.mark.parametrize("engine", ["onednn", "numpy", "chainer"])
def test_are_the_last_of_each_size_of_the_network(maps, images, engine):
    if engine == "onednn" and engines.choose_engine("auto") != "onednn":
        pytest.skip("oneDNN is not installed")
    expected = [h.array for h in maps_of_the_whole_network(chainer.Variable(images))]
    with engines.ENGINES[engine].kernels(False), chainer.no_backprop_mode():
        seen = maps(chainer.Variable(images))
    assert [h.shape for h in seen] == [
        (2, 24, 16, 16), (2, 40, 8, 8), (2, 112, 4, 4), (2, 320, 2, 2)
    ]  # fmt: skip
    for h, e in zip(seen, expected):
        np.testing.assert_allclose(h.array, e, atol=1e-4 * abs(e).max())


def test_so_are_their_gradients_by_the_image(maps, images, rng):
    x, gradients = chainer.Variable(images), []
    weights = [rng.normal(size=h.shape).astype("f") for h in maps(x)]
    for draw_maps in (maps, maps_of_the_whole_network):
        loss = sum(F.sum(h * w) for h, w in zip(draw_maps(x), weights))
        gradients.append(chainer.grad([loss], [x])[0].array)
    assert abs(gradients[1]).max() > 1
    np.testing.assert_allclose(*gradients, atol=1e-4 * abs(gradients[1]).max())


def test_says_what_the_maps_are_on_imagenet_by_their_normalisation(maps):
    net = random_network()
    stage = [net._blocks[i]._bn2 for i in (1, 2)]
    np.testing.assert_allclose(maps.means[0], stage[0].beta.array + stage[1].beta.array)
    variances = stage[0].gamma.array ** 2 + stage[1].gamma.array ** 2
    assert maps.scales[0] == pytest.approx(np.sqrt(variances.mean()))


@pytest.mark.parametrize(
    ("size", "ksize", "stride"), [(8, 3, 2), (8, 5, 2), (7, 3, 2), (6, 3, 1), (5, 1, 1)]
)
def test_a_frozen_convolution_pads_behind(rng, size, ksize, stride):
    weight, bias = rng.normal(size=(4, 3, ksize, ksize)).astype("f"), np.ones(4, "f")
    x = rng.normal(size=(2, 3, size, size)).astype("f")
    y = FrozenConvolution(weight, bias, stride, activation=ReLU6())(chainer.Variable(x))
    pad = efficientnet.same_padding(size, ksize, stride)
    padded = np.pad(x, [(0, 0), (0, 0), pad, pad])
    expected = F.relu6(F.convolution_2d(padded, weight, bias, stride)).array
    assert y.shape[2] == -(-size // stride)
    np.testing.assert_allclose(y.array, expected, atol=1e-5)


def test_missing_weights_are_said_when_it_is_made(monkeypatch):
    def missing(name):
        raise UserError("no weights")

    monkeypatch.setattr(efficientnet, "pretrained", missing)
    with pytest.raises(UserError, match="no weights"):
        FeatureMaps("efficientnet-lite0")
