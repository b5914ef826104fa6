import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.standing import MARKER
from chainer_gan_anime.runs import npz
from chainer_gan_anime.runs.generators import SNAPSHOT_PREFIX, load_generator
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


def average_in_place_of(path, to, scale):
    """Writes a file as earlier versions did: a generator's, without the marker."""
    file = npz.SafeNpz(path)
    values = {key: file[key] for key in file if key != MARKER}
    npz.save(
        to, {k: v * v.dtype.type(scale) if v.dtype.kind == "f" else v for k, v in values.items()}
    )


def test_a_runs_average_is_taken_before_its_live_generator(trained_run):
    average_in_place_of(trained_run / "gen_iter_3.npz", trained_run / "gen_average_iter_3.npz", 2)
    gen, name = load_generator(trained_run)
    assert name == "gen_average_iter_3.npz, the average of the generator"
    live = npz.SafeNpz(trained_run / "gen_iter_3.npz")
    np.testing.assert_array_equal(gen.l0.W.array, 2 * live["l0/W"])


def test_an_average_without_statistics_of_its_own_gets_them(trained_run):
    path = trained_run / "gen_average_iter_6.npz"
    average_in_place_of(trained_run / "gen_iter_6.npz", path, 2)
    gen, _ = load_generator(path)
    file = npz.SafeNpz(path)
    h = file["l0/W"] @ gen.make_hidden(5000, np.random.RandomState(1)).reshape(5000, -1).T
    np.testing.assert_allclose(gen.bn0.avg_var, h.var(axis=1), rtol=0.15)
    assert np.abs(file["bn0/avg_var"] / h.var(axis=1) - 1).mean() > 0.3
    again, _ = load_generator(path)
    np.testing.assert_array_equal(again.bn1.avg_mean, gen.bn1.avg_mean)
    npz.save(trained_run / "gen_average_iter_7.npz", {**file, MARKER: np.asarray(16)})
    as_written, _ = load_generator(trained_run / "gen_average_iter_7.npz")
    np.testing.assert_array_equal(as_written.bn0.avg_var, file["bn0/avg_var"])


def test_a_full_snapshot_gives_its_average(make_settings, tmp_path):
    live, average = (registry.make_generator(make_settings(seed=i)) for i in range(2))
    saver = chainer.serializers.DictionarySerializer()
    live.serialize(saver["updater"]["model:opt_gen"])
    average.serialize(saver["extensions"]["GeneratorAverage"]["average"])
    npz.save(tmp_path / "snapshot_iter_7", saver.target)
    gen, name = load_generator(tmp_path / "snapshot_iter_7")
    assert name == "snapshot_iter_7, the average of the generator"
    np.testing.assert_array_equal(gen.l0.W.array, average.l0.W.array)


def test_the_newest_whole_file_is_taken_where_newer_ones_are_torn(trained_run, capsys):
    def tear(name):
        path = trained_run / name
        path.write_bytes(path.read_bytes()[:-1000])

    assert load_generator(trained_run)[1] == "snapshot_iter_6"
    tear("snapshot_iter_6")
    assert load_generator(trained_run)[1] == "gen_iter_6.npz"
    tear("gen_iter_6.npz")
    assert load_generator(trained_run)[1] == "snapshot_iter_3"
    assert "Passing over gen_iter_6.npz" in capsys.readouterr().out


def test_what_holds_no_generator_is_refused(make_settings, tmp_path):
    dis = registry.make_discriminator(make_settings("dragan"))
    npz.save(tmp_path / "dis.npz", dis)
    with pytest.raises(UserError, match="holds no generator"):
        load_generator(tmp_path / "dis.npz")
    with pytest.raises(UserError, match="holds no whole snapshot"):
        load_generator(tmp_path)
    with pytest.raises(UserError, match="does not exist"):
        load_generator(tmp_path / "nosuch.npz")
