import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.data.iterator import DeviceIterator
from chainer_gan_anime.runs import npz


@pytest.fixture
def make_updater(make_settings, faces):
    def make(**given):
        settings = make_settings("began", ch=8, **given)
        models = registry.make_generator(settings), registry.make_discriminator(settings)
        images = DeviceIterator(faces.images, 8, np.random.RandomState(0))
        return registry.make_updater(settings, models, images)

    return make


def update(updater):
    observation = {}
    with chainer.Reporter().scope(observation):
        updater.update()
    return {key: float(getattr(value, "array", value)) for key, value in observation.items()}


def test_k_and_the_measure_by_hand(make_updater):
    updater, k = make_updater(gamma=0.5), 0.0
    for _ in range(3):
        x_real, x_fake = updater.next_batch(), updater.draw_fakes(8)
        with chainer.using_config("train", False):
            rebuilt = [updater.dis.rebuild(x).array for x in (x_real, x_fake)]
        real, fake = (np.abs(y - x).mean() for y, x in zip(rebuilt, (x_real, x_fake)))
        seen = {}
        with chainer.Reporter().scope(seen):
            updater.update_dis(x_real, x_fake)
        assert float(seen["loss_dis"].array) == pytest.approx(real - k * fake, rel=1e-5)
        k = min(max(k + 0.001 * (0.5 * real - fake), 0), 1)
        assert float(seen["kt"]) == pytest.approx(k, rel=1e-4)
        measure = real + abs(0.5 * real - fake)
        assert float(seen["measure"]) == pytest.approx(measure, rel=1e-5)
        assert float(seen["measure"]) >= float(seen["error_real"])


def test_k_stays_between_0_and_1(make_updater):
    updater = make_updater(gamma=0.5)
    one, nothing = np.full((4, 1), 1e4, "f"), np.zeros((4, 1), "f")
    assert updater.move_balance(one, nothing)["kt"] == 1
    assert updater.move_balance(nothing, one)["kt"] == 0


def test_k_resumes_to_the_bit(make_updater, tmp_path):
    whole, part = make_updater(), make_updater()
    for _ in range(2):
        update(whole)
        update(part)
    npz.save(tmp_path / "updater.npz", part)
    resumed = make_updater()
    npz.load(tmp_path / "updater.npz", resumed)
    assert resumed.scalars["kt"] == part.scalars["kt"] > 0
    for _ in range(2):
        assert update(whole) == update(resumed)
    assert whole.scalars["kt"] == resumed.scalars["kt"]


def test_g_is_not_normalised(make_updater):
    assert not any(name.startswith("bn") for name in make_updater().gen._children)


def test_the_error_is_that_of_each_image(make_updater, rng):
    dis = make_updater().dis
    x = rng.uniform(-1, 1, (3, 3, 16, 16)).astype("f")
    expected = np.abs(dis.rebuild(x).array - x).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(dis(x).array[:, 0], expected, rtol=1e-5)


def test_variant_b_has_upstreams_names_and_shapes(make_settings):
    dis = registry.make_discriminator(make_settings("began", "upstream", image_size=32, ch=16))
    shapes = {name[1:]: param.shape for name, param in dis.namedparams() if name[-1] == "W"}
    assert shapes == {
        "c0/W": (2, 3, 3, 3),
        "c1/W": (4, 2, 4, 4),
        "c2/W": (8, 4, 4, 4),
        "c3/W": (16, 8, 4, 4),
        "l4/W": (128, 256),
        "l5/W": (256, 128),
        "dc3/W": (16, 8, 4, 4),
        "dc2/W": (8, 4, 4, 4),
        "dc1/W": (4, 2, 4, 4),
        "dc0/W": (2, 3, 3, 3),
    }
