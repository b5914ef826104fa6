import dataclasses

import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common import srresnet
from chainer_gan_anime.runs import npz
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.training.run import Run
from crawler.shared.errors import UserError


def nets(make_settings, tagged_faces, algorithm="dragan", image_size=32, ch=16, **given):
    settings = make_settings(algorithm, variant="srresnet", image_size=image_size, ch=ch, **given)
    vocabulary = tagged_faces.vocabulary
    return (
        registry.make_generator(settings, vocabulary),
        registry.make_discriminator(settings, vocabulary),
    )


@pytest.mark.parametrize("algorithm", ["dragan", "acgan"])
@pytest.mark.parametrize("image_size", [32, 64, 128])
def test_shapes_and_files(make_settings, tagged_faces, tmp_path, algorithm, image_size):
    gen, dis = nets(make_settings, tagged_faces, algorithm, image_size, ch=32)
    z = gen.make_hidden(2, np.random.RandomState(0))
    with chainer.using_config("train", False):
        x = gen(z)
        assert x.shape == (2, 3, image_size, image_size) and dis(x).shape == (2, 1)
        assert dis.features(x).shape == (2, 32, 2, 2)
        npz.save(tmp_path / "gen.npz", gen)
        loaded, _ = load_generator(tmp_path / "gen.npz")
        assert type(loaded) is type(gen) and loaded.n_hidden == gen.n_hidden
        np.testing.assert_array_equal(loaded(z).array, x.array)


def test_the_papers_widths(make_settings, tagged_faces):
    gen, dis = nets(make_settings, tagged_faces, image_size=128, ch=1024)
    assert gen.l0.W.shape[0] == 64 * 16 * 16 and gen.c16_1.W.shape == (64, 64, 3, 3)
    assert gen.c_up3.W.shape == (256, 64, 3, 3) and gen.dc1.W.shape == (64, 3, 9, 9)
    blocks = {name[:-2] for name in dis.layer_names if name.count("_") == 2}
    assert len(blocks) == 10 and not [p for p in dis.namedlinks() if "bn" in p[0]]
    widths = [(dis[f"c{i}"].W.shape[0], dis[f"c{i}"].W.shape[-1]) for i in range(6)]
    assert widths == [(32, 4), (64, 4), (128, 4), (256, 3), (512, 3), (1024, 3)]
    assert dis.l4.W.shape == (1, 2 * 2 * 1024)


def test_the_shuffle_takes_the_channels_in_chainers_order():
    x = np.arange(2 * 12 * 9, dtype=np.float32).reshape(2, 12, 3, 3)
    expected = np.empty((2, 3, 6, 6), np.float32)
    for dy in (0, 1):
        for dx in (0, 1):
            group = 2 * dy + dx
            expected[:, :, dy::2, dx::2] = x[:, 3 * group : 3 * group + 3]
    np.testing.assert_array_equal(F.depth2space(x, 2).array, expected)


def test_the_last_layer_is_a_convolution_with_its_kernel_turned(make_settings, tagged_faces, rng):
    gen, _ = nets(make_settings, tagged_faces)
    h = rng.normal(size=(1, gen.dc1.W.shape[0], 12, 12)).astype(np.float32)
    turned = gen.dc1.W.array.transpose(1, 0, 2, 3)[..., ::-1, ::-1]
    expected = F.convolution_2d(h, np.ascontiguousarray(turned), gen.dc1.b, pad=4)
    np.testing.assert_allclose(gen.dc1(h).array, expected.array, atol=1e-5)


def test_the_penaltys_gradient_by_finite_differences(make_settings, tagged_faces, rng):
    _, dis = nets(make_settings, tagged_faces)
    for name in dis.layer_names:
        dis[name].W.array *= 6  # narrow layers' gradients would be nothing beside rounding
    for param in dis.params():
        param.array = param.array.astype(np.float64)
    x = rng.uniform(-1, 1, (3, 3, 32, 32))

    def penalty():
        at = chainer.Variable(x)
        (gradient,) = chainer.grad([F.sum(dis(at))], [at], enable_double_backprop=True)
        return F.sum(F.sqrt(F.batch_l2_norm_squared(gradient) + 1e-12))

    for weight in (dis.c0.W, dis.c1_0_1.W, dis.c3.W):
        (gradient,) = chainer.grad([penalty()], [weight])
        i = np.unravel_index(np.abs(gradient.array).argmax(), weight.shape)
        around = []
        for step in (1e-5, -2e-5):
            weight.array[i] += step
            around.append(float(penalty().array))
        weight.array[i] += 1e-5
        assert gradient.array[i] == pytest.approx((around[0] - around[1]) / 2e-5, rel=1e-3)


def test_sizes_that_do_not_fit():
    with pytest.raises(UserError, match="take a power of two from 32 on"):
        srresnet.check_sizes(48, 64)
    with pytest.raises(UserError, match="take a multiple of 16 .512 is the paper's"):
        srresnet.check_sizes(64, 24)


def test_others_have_no_such_discriminator(make_settings):
    settings = make_settings("sngan", variant="srresnet", image_size=32)
    with pytest.raises(UserError, match="srresnet has no discriminator for sngan"):
        registry.make_discriminator(settings)


@pytest.mark.parametrize("algorithm", ["dragan", "acgan"])
def test_a_few_iterations_and_resume_to_the_bit(make_settings, tagged_faces, tmp_path, algorithm):
    images = tagged_faces.images.repeat(2, 2).repeat(2, 3)
    faces = dataclasses.replace(tagged_faces, images=images)

    def make_run(out, iterations):
        settings = make_settings(
            algorithm, variant="srresnet", image_size=32, ch=16, iterations=iterations
        )
        device = chainer.get_device("@numpy")
        return Run(settings, faces, tmp_path / out, device, lambda sentence: None)

    make_run("straight", 2).train()
    make_run("parts", 1).train()
    resumed = make_run("parts", 2)
    assert resumed.resume() and resumed.train()
    straight = npz.SafeNpz(tmp_path / "straight" / "snapshot_iter_2")
    parts = npz.SafeNpz(tmp_path / "parts" / "snapshot_iter_2")
    keys = [key for key in straight if key.startswith("updater/")]
    assert len(keys) > 500
    for key in keys:
        np.testing.assert_array_equal(parts[key], straight[key], err_msg=key)
    first = registry.make_generator(resumed.settings, faces.vocabulary)
    for name, param in first.namedparams():
        if name.endswith("/W"):
            trained = straight[f"updater/model:opt_gen{name}"]
            assert not np.array_equal(trained, param.array), name
