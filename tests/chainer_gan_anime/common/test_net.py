import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry

SIZES = [("A", 8), ("A", 32), ("A", 64), ("A", 128), ("B", 16), ("B", 48), ("paper", 32)]


@pytest.mark.parametrize("algorithm", registry.ALGORITHMS)
@pytest.mark.parametrize("variant, image_size", SIZES)
def test_shapes(make_settings, tagged_faces, algorithm, variant, image_size):
    if variant not in registry.ALGORITHMS[algorithm].discriminators:
        pytest.skip(f"{algorithm} has no D of variant {variant}")
    settings = make_settings(algorithm, variant=variant, image_size=image_size, ch=32)
    vocabulary = tagged_faces.vocabulary
    gen = registry.make_generator(settings, vocabulary)
    dis = registry.make_discriminator(settings, vocabulary)
    x = gen(gen.make_hidden(2))
    assert x.shape == (2, 3, image_size, image_size) and x.dtype == np.float32
    assert np.abs(x.array).max() <= 1
    judged = dis(x)
    logit = judged[-1] if isinstance(judged, tuple) else judged  # DFM's gives features as well
    assert logit.shape == (2, settings.options.get("output_dim", 1))


def names(model):
    return sorted(name.lstrip("/") for name, _ in model.namedparams())


def test_variant_a_has_the_articles_layers(make_settings):
    settings = make_settings("dcgan", image_size=64, ch=512)
    gen, dis = registry.make_generator(settings), registry.make_discriminator(settings)
    assert gen.l0.W.shape == (4 * 4 * 512, 100)
    assert [gen[f"dc{i}"].W.shape for i in range(1, 5)] == [
        (512, 256, 4, 4),
        (256, 128, 4, 4),
        (128, 64, 4, 4),
        (64, 3, 4, 4),
    ]
    layers = ["c0_0", "c0_1", "c1_1", "c2_1"]
    assert [dis[name].W.shape[0] for name in layers] == [64, 128, 256, 512]
    assert all(dis[name].b is None for name in layers)
    assert dis.l4.W.shape == (1, 4 * 4 * 512) and dis.l4.b is not None
    assert {name.split("/")[0] for name in names(dis)} == {
        *layers,
        "l4",
        "bn0_1",
        "bn1_1",
        "bn2_1",
    }


def test_variant_b_has_upstreams_names(make_settings):
    stack = ["c0_0", "c0_1", "c1_0", "c1_1", "c2_0", "c2_1", "c3_0", "l4"]
    dis = registry.make_discriminator(make_settings("sngan", "upstream", ch=32))
    assert names(dis) == sorted(f"{layer}/{p}" for layer in stack for p in "Wb")
    dis = registry.make_discriminator(make_settings("dragan", "upstream", ch=32))
    stack = ["c0", "c1", "c1_0", "c2", "c2_0", "c3", "c3_0", "l4"]
    assert names(dis) == sorted(f"{layer}/{p}" for layer in stack for p in "Wb")
    dis = registry.make_discriminator(make_settings("dcgan", "upstream", ch=32))
    normalised = [name for name in names(dis) if name.startswith("bn")]
    assert normalised == [f"bn{n}/beta" for n in ("0_1", "1_0", "1_1", "2_0", "2_1", "3_0")]
    gen = registry.make_generator(make_settings("dcgan", "upstream", ch=32))
    assert gen.dc4.W.shape == (4, 3, 3, 3) and gen.l0.W.shape == (2 * 2 * 32, 128)


def test_variant_paper_widens_on_the_3x3s_and_leaks_a_tenth(make_settings):
    dis = registry.make_discriminator(make_settings("sngan", "paper", ch=64))
    assert [dis[name].W.shape[:3] for name in ("c0_1", "c1_0", "c3_0")] == [
        (8, 8, 4),
        (16, 8, 3),
        (64, 32, 3),
    ]
    assert dis.slope == 0.1


def test_spectral_normalisation_is_on_every_layer_of_sngan_alone(make_settings):
    dis = registry.make_discriminator(make_settings("sngan"))
    assert all(hasattr(link, "W_u") for link in dis.children())
    dis = registry.make_discriminator(make_settings("dragan"))
    assert not any(hasattr(link, "W_u") for link in dis.children())


def test_weights_start_as_seeded_normal_002(make_settings):
    settings = make_settings(ch=128, image_size=32)
    state = np.random.get_state()[1].copy()
    gen, again = registry.make_generator(settings), registry.make_generator(settings)
    other = registry.make_generator(make_settings(ch=128, image_size=32, seed=1))
    np.testing.assert_array_equal(gen.dc1.W.array, again.dc1.W.array)
    assert not np.array_equal(gen.dc1.W.array, other.dc1.W.array)
    assert abs(gen.dc1.W.array.std() - 0.02) < 0.001 and not gen.dc1.b.array.any()
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # no global stream is used


@pytest.mark.parametrize("distribution, std", [("uniform", 3**-0.5), ("normal", 1.0)])
def test_latents(make_settings, distribution, std, rng):
    gen = registry.make_generator(make_settings(z_distribution=distribution))
    z = gen.make_hidden(500, rng)
    assert z.shape == (500, 100, 1, 1) and z.dtype == np.float32
    assert abs(z.std() - std) < 0.01 and abs(z.mean()) < 0.01
    assert (np.abs(z).max() <= 1) == (distribution == "uniform")


def test_looking_draws_nothing_from_the_training_stream(make_settings, rng):
    gen = registry.make_generator(make_settings())
    before = gen.rng.get_state()[1].copy()
    gen.make_hidden(10, rng)
    np.testing.assert_array_equal(gen.rng.get_state()[1], before)


def test_discriminator_of_variant_a_is_differentiable_twice(make_settings):
    from chainer import gradient_check

    dis = registry.make_discriminator(make_settings("dragan", image_size=8, ch=4))
    for param in dis.params():  # larger weights, so that the differences stand above rounding
        param.array = (param.array * 20).astype(np.float64)
        param.cleargrad()
    x = np.random.RandomState(3).normal(size=(2, 3, 8, 8))
    ones, more = np.ones((2, 1)), np.random.RandomState(4).normal(size=x.shape)
    with chainer.using_config("dtype", np.float64):
        gradient_check.check_double_backward(
            lambda v: dis(v) ** 2, x, ones, more, dtype=np.float64, eps=1e-5, rtol=1e-3, atol=1e-4
        )
