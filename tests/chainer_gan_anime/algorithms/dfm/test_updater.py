import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.data.iterator import DeviceIterator
from crawler.shared.errors import UserError


@pytest.fixture
def updater(make_settings, faces):
    settings = make_settings("dfm", "upstream", ch=16, batch_size=8, sampling="replacement")
    models = [registry.make_generator(settings), registry.make_discriminator(settings)]
    models += registry.make_extra_models(settings).values()
    images = DeviceIterator(faces.images, 8, np.random.RandomState(0))
    return registry.make_updater(settings, models, images)


def copies(net):
    return {name: param.array.copy() for name, param in net.namedparams()}


def gradients(loss, net):
    net.cleargrads()
    loss.backward()
    return {name: param.grad.copy() for name, param in net.namedparams()}


def test_all_three_gradients_are_those_of_the_weights_before(updater):
    """A second derivation, by plain backward passes on copies."""
    gen, dis, den = (net.copy(mode="copy") for net in (updater.gen, updater.dis, *updater.extra))
    rng = np.random.RandomState(5)
    z = rng.uniform(-1, 1, (8, 128, 1, 1)).astype("f")
    noise = rng.normal(size=(8, 16, 1, 1)).astype("f")
    x_real = updater.next_batch()
    updater.next_batch = lambda: x_real
    updater.gen.make_hidden = lambda n: z
    updater.draw_noise = lambda features: noise
    for optimizer in updater.get_all_optimizers().values():
        optimizer.update = lambda: None  # the gradients alone
    seen = {}
    with chainer.Reporter().scope(seen):
        updater.update()

    phi_real, y_real = dis(x_real)
    loss_den = F.mean_squared_error(den(phi_real.array + noise), phi_real.array)
    x_fake = gen(z)
    phi_fake, y_fake = dis(x_fake)
    with chainer.using_config("train", False):
        denoised = den(phi_fake.array).array
    loss_gen = F.average(F.softplus(-y_fake)) + 0.03 * F.mean_squared_error(phi_fake, denoised)
    expected = {"loss_den": loss_den, "loss_gen": loss_gen}
    pairs = [(den, updater.extra[0], loss_den), (gen, updater.gen, loss_gen)]
    for copy, net, loss in pairs:
        _compare(gradients(loss, copy), net)
    x_fake.unchain_backward()
    loss_dis = F.average(F.softplus(-y_real)) + F.average(F.softplus(y_fake))
    _compare(gradients(loss_dis, dis), updater.dis)
    expected["loss_dis"] = loss_dis
    for key, loss in expected.items():
        assert float(seen[key].array) == pytest.approx(float(loss.array), rel=1e-5)


def _compare(expected, net):
    for name, param in net.namedparams():
        size = np.abs(expected[name]).max()
        np.testing.assert_allclose(
            param.grad, expected[name], rtol=1e-3, atol=1e-4 * size + 1e-8, err_msg=name
        )


def test_gs_loss_draws_its_features_to_the_denoised_ones_and_leaves_the_denoiser(updater, rng):
    phi = chainer.Variable(rng.normal(size=(4, 16, 1, 1)).astype("f"))
    (denoiser,) = updater.extra
    before, running = copies(denoiser), denoiser.bn0.avg_mean.copy()
    denoiser.cleargrads()
    loss = updater.feature_loss(phi)
    loss.backward()
    with chainer.using_config("train", False):
        denoised = denoiser(phi.array).array
    np.testing.assert_allclose(phi.grad, 0.03 * 2 / phi.size * (phi.array - denoised), rtol=1e-4)
    assert all(param.grad is None for param in denoiser.params())
    np.testing.assert_array_equal(denoiser.bn0.avg_mean, running)
    assert all(np.array_equal(before[name], p.array) for name, p in denoiser.namedparams())


def test_an_update_steps_each_net_once(updater):
    nets = (updater.gen, updater.dis, *updater.extra)
    before = [copies(net) for net in nets]
    updater.update()
    assert [o.t for o in updater.get_all_optimizers().values()] == [1, 1, 1]
    for net, old in zip(nets, before):
        changed = {n for n, p in net.namedparams() if not np.array_equal(p.array, old[n])}
        assert changed >= {name for name in old if name.endswith("/W")}


@pytest.mark.parametrize("variant, size, n", [("A", 32, 256), ("B", 32, 64), ("paper", 16, 64)])
def test_the_denoiser_is_as_wide_as_the_features(make_settings, variant, size, n):
    settings = make_settings("dfm", variant=variant, image_size=size, ch=16)
    dis = registry.make_discriminator(settings)
    phi, y = dis(np.zeros((2, 3, size, size), "f"))
    denoiser = registry.make_extra_models(settings)["den"]
    assert denoiser.l0.W.shape == (n, n) and y.shape == (2, 1)
    assert denoiser(phi.array).shape == phi.shape == (2, *dis.feature_shape)


def test_variant_b_has_upstreams_names(make_settings):
    dis = registry.make_discriminator(make_settings("dfm", "upstream", image_size=32, ch=32))
    names = {f"c{i}/{p}" for i in range(5) for p in "Wb"} | {"l5/W", "l5/b", "bn4/beta"}
    names |= {f"bn{i}/{p}" for i in (1, 2, 3) for p in ("gamma", "beta")}
    assert {name[1:] for name, _ in dis.namedparams()} == names


def test_what_does_not_fit_is_refused():
    with pytest.raises(UserError, match="--n-dis 2 does not go with dfm"):
        resolve("dfm", "x", n_dis=2)
    with pytest.raises(UserError, match="--dtype mixed16 does not go with dfm"):
        resolve("dfm", "x", dtype="mixed16")
    settings = resolve("dfm", "x", "upstream", image_size=24, ch=32)
    with pytest.raises(UserError, match="--image-size 24 does not fit DFM's variant B"):
        registry.make_discriminator(settings)
