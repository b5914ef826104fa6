import chainer
import numpy as np
import pytest
from chainer.serializers import DictionarySerializer

from chainer_gan_anime.common.feature_discriminator import VIEWS, WIDTHS, FeatureDiscriminator
from chainer_gan_anime.pretrained import efficientnet
from crawler.shared.errors import UserError
from tests.chainer_gan_anime.pretrained.networks import random_network


@pytest.fixture(autouse=True)
def network(monkeypatch):
    monkeypatch.setattr(efficientnet, "pretrained", random_network)


def make(image_size=64, seed=0):
    return FeatureDiscriminator("efficientnet-lite0", image_size, np.random.RandomState(seed))


@pytest.mark.parametrize(
    ("image_size", "sizes"), [(64, (4, 4, 4, 2)), (32, (4, 4, 2, 1)), (128, (4, 4, 4, 4))]
)
def test_judges_patches_at_four_scales(rng, image_size, sizes):
    dis, x = make(image_size), rng.uniform(-1, 1, (2, 3, image_size, image_size)).astype("f")
    assert [y.shape for y in dis(x)] == [(2, 1, size, size) for size in sizes]
    assert [h.shape for h in dis.project(x)] == [
        (2, width, image_size // s, image_size // s) for width, s in zip(WIDTHS, (4, 8, 16, 32))
    ]


def test_the_gradient_reaches_the_image_from_every_scale(rng):
    dis, x = make(), chainer.Variable(rng.uniform(-1, 1, (1, 3, 64, 64)).astype("f"))
    for y in dis(x):
        (gradient,) = chainer.grad([y], [x])
        assert abs(gradient.array).max() > 0


def test_a_scale_sees_the_coarser_ones_and_not_the_finer(rng):
    """The maps of one are replaced: those below take notice, those above do not."""
    dis, x = make(), rng.uniform(-1, 1, (1, 3, 64, 64)).astype("f")
    before = [h.array for h in dis.project(x)]
    maps = dis._maps

    class Changed:
        def __call__(self, x):
            found = maps(x)
            found[2] = found[2] + 1
            return found

    dis._maps = Changed()
    after = [h.array for h in dis.project(x)]
    assert [np.array_equal(a, b) for a, b in zip(before, after)] == [False, False, False, True]


def test_the_mixing_brings_what_it_mixes_to_variance_one(rng):
    dis = make()
    dis.load_network()
    for mean, scale, mix in zip(dis._maps.means, dis._maps.scales, dis._mix_channels):
        maps = rng.normal(mean, scale, (400, len(mean))).astype("f")[:, :, None, None]
        mixed = mix(chainer.Variable(maps)).array
        assert mixed.std() == pytest.approx(1, abs=0.15)
        assert abs(mixed.mean(axis=0)).max() < 0.3


def test_a_snapshot_holds_the_heads_alone_and_runs_share_the_mixing(rng):
    one, other = make(seed=0), make(seed=1)
    x = rng.uniform(-1, 1, (1, 3, 64, 64)).astype("f")
    for a, b in zip(one.project(x), other.project(x)):
        np.testing.assert_array_equal(a.array, b.array)
    serializer = DictionarySerializer()
    serializer.save(one)
    assert {key.split("/")[0] for key in serializer.target} == set(VIEWS)
    # Beside the parameters, spectral normalisation's vectors, one number a channel.
    n_vectors = sum(value.size for value in serializer.target.values()) - one.count_params()
    assert 0 < n_vectors < 1000 * len(VIEWS)


def test_every_head_is_spectrally_normalised(rng):
    dis = make()
    dis(rng.uniform(-1, 1, (1, 3, 64, 64)).astype("f"))
    for link in dis.whole.links():
        if isinstance(link, chainer.links.Convolution2D):
            assert link.W_u.shape == (link.W.shape[0],)


def test_a_size_that_cannot_be_halved_is_refused():
    with pytest.raises(UserError, match="--image-size 48 does not allow: take a multiple of 32"):
        make(48)
