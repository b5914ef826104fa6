import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.runs import npz
from chainer_gan_anime.runs.generators import SNAPSHOT_PREFIX, load_discriminator, load_generator
from chainer_gan_anime.runs.records import save_settings
from crawler.shared.errors import UserError


@pytest.mark.parametrize("variant, image_size", [("A", 8), ("A", 32), ("B", 16), ("B", 48)])
def test_a_generator_is_rebuilt_from_its_file(make_settings, tmp_path, rng, variant, image_size):
    settings = make_settings(variant=variant, image_size=image_size, ch=32)
    gen = registry.make_generator(settings)
    gen.bn0.avg_mean[:] = rng.normal(size=gen.bn0.avg_mean.shape)
    npz.save(tmp_path / "gen.npz", gen)
    loaded, name = load_generator(tmp_path / "gen.npz")
    assert name == "gen.npz"
    z = gen.make_hidden(3, rng)
    with chainer.using_config("train", False):
        np.testing.assert_array_equal(loaded(z).array, gen(z).array)


def test_upstreams_generator_loads_from_chainers_own_npz(make_settings, tmp_path, rng):
    gen = registry.make_generator(make_settings("sngan", "upstream", image_size=32, ch=64))
    chainer.serializers.save_npz(tmp_path / "DCGANGenerator_100.npz", gen)
    loaded, _ = load_generator(tmp_path / "DCGANGenerator_100.npz")
    np.testing.assert_array_equal(loaded.dc4.W.array, gen.dc4.W.array)


def test_the_generator_in_a_snapshot_and_the_runs_distribution(make_settings, tmp_path):

    settings = make_settings(z_distribution="normal")
    gen = registry.make_generator(settings)
    saver = chainer.serializers.DictionarySerializer()
    gen.serialize(saver["updater"]["model:opt_gen"])
    npz.save(tmp_path / "snapshot_iter_7", saver.target)
    save_settings(tmp_path, settings, {})
    assert any(key.startswith(SNAPSHOT_PREFIX) for key in saver.target)
    loaded, name = load_generator(tmp_path)
    assert name == "snapshot_iter_7" and loaded.z_distribution == "normal"
    np.testing.assert_array_equal(loaded.l0.W.array, gen.l0.W.array)


def test_upstreams_discriminator_gets_its_vectors_settled(make_settings, tmp_path, rng):
    settings = make_settings("sngan", "upstream")
    trained = registry.make_discriminator(settings)
    without = chainer.serializers.DictionarySerializer()
    without.save(trained)
    arrays = {k: v for k, v in without.target.items() if not k.endswith("W_u")}
    np.savez(tmp_path / "SNDCGANDiscriminator_100.npz", **arrays)
    dis = registry.make_discriminator(make_settings("sngan", "upstream", seed=5))
    load_discriminator(tmp_path / "SNDCGANDiscriminator_100.npz", dis)
    np.testing.assert_array_equal(dis.c0_0.W.array, trained.c0_0.W.array)
    left = np.linalg.svd(dis.c0_0.W.array.reshape(len(dis.c0_0.W), -1))[0][:, 0]
    assert abs(left @ dis.c0_0.W_u) > 0.99


def test_our_discriminator_keeps_its_vectors(make_settings, tmp_path):
    dis = registry.make_discriminator(make_settings("sngan"))
    npz.save(tmp_path / "dis.npz", dis)
    other = registry.make_discriminator(make_settings("sngan", seed=5))
    load_discriminator(tmp_path / "dis.npz", other)
    np.testing.assert_array_equal(other.c0_0.W_u, dis.c0_0.W_u)


def test_what_holds_no_generator_is_refused(make_settings, tmp_path):
    dis = registry.make_discriminator(make_settings("dragan"))
    npz.save(tmp_path / "dis.npz", dis)
    with pytest.raises(UserError, match="holds no generator"):
        load_generator(tmp_path / "dis.npz")
    with pytest.raises(UserError, match="holds no whole snapshot"):
        load_generator(tmp_path)
    with pytest.raises(UserError, match="does not exist"):
        load_generator(tmp_path / "nosuch.npz")
