import chainer
import chainer.functions as F
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.data.iterator import DeviceIterator


@pytest.fixture
def make_updater(make_settings, faces, rng):
    def make(**given):
        settings = make_settings("dragan", ch=8, **given)
        models = registry.make_generator(settings), registry.make_discriminator(settings)
        for param in models[1].params():  # larger, so that the gradient's norm is not near 0
            param.array *= 5
        return registry.make_updater(settings, models, DeviceIterator(faces.images, 8, rng))

    return make


def test_penalty_equals_finite_differences(make_updater):
    updater = make_updater()
    x_real = updater.next_batch()[:2]
    x = updater.perturb(x_real)
    updater.perturb = lambda _: x
    penalty = float(updater.penalty(x_real, None).array)
    for param in updater.dis.params():
        param.array = param.array.astype(np.float64)

    def logits(images):
        return updater.dis(images).array[:, 0]

    norms_squared, eps = np.zeros(2), 1e-4
    with chainer.using_config("dtype", np.float64):
        for index in np.ndindex(x.shape[1:]):
            step = np.zeros(x.shape)
            step[(slice(None), *index)] = eps
            norms_squared += ((logits(x + step) - logits(x - step)) / (2 * eps)) ** 2
    assert norms_squared.min() > 1e-4
    expected = 10 * ((np.sqrt(norms_squared) - 1) ** 2).mean()
    assert penalty == pytest.approx(expected, rel=1e-4)


def manual_input_gradient(dis, x):
    """Returns d logit / d x, built layer by layer from differentiable functions."""
    h, before = x, []
    for name in dis.layer_names:
        a = dis[name](h)
        before.append((h, a))
        h = F.leaky_relu(a, dis.slope)
    g = F.reshape(F.broadcast_to(dis.l4.W, (len(x), dis.l4.W.size)), h.shape)
    for name, (h_in, a) in zip(reversed(dis.layer_names), reversed(before)):
        g = g * np.where(a.array > 0, 1, dis.slope).astype("f")
        layer = dis[name]
        g = F.deconvolution_2d(g, layer.W, None, layer.stride, layer.pad, h_in.shape[2:])
    return g


def test_penalty_and_its_weight_gradients_equal_a_second_derivation(make_updater):
    updater = make_updater()
    x_real = updater.next_batch()
    x = updater.perturb(x_real)
    updater.perturb = lambda _: x
    params = list(updater.dis.params())
    gradients = chainer.grad([updater.penalty(x_real, None)], params)
    norm = F.sqrt(F.sum(manual_input_gradient(updater.dis, x) ** 2, axis=(1, 2, 3)))
    expected = 10 * F.mean_squared_error(norm, np.ones(len(x), "f"))
    for param, mine, its in zip(params, gradients, chainer.grad([expected], params)):
        if its is not None:
            np.testing.assert_allclose(
                mine.array, its.array, rtol=1e-3, atol=1e-5, err_msg=param.name
            )
    assert sum(g is not None for g in gradients) >= len(params) - 1  # the last bias has none


@pytest.mark.parametrize("perturb_std", ["pixel", "scalar"])
def test_perturbation(make_updater, perturb_std):
    updater = make_updater(perturb_std=perturb_std)
    x = updater.next_batch()
    x[..., 0] = 1  # a constant white edge
    noise = np.random.RandomState(5).uniform(size=x.shape).astype("f")
    updater.draw_noise = lambda like: noise
    std = x.std(axis=0) if perturb_std == "pixel" else x.std()
    np.testing.assert_allclose(updater.perturb(x), x + 0.5 * noise * std, rtol=1e-6)
    # Per pixel, the penalty never looks at a constant background (ALGORITHMS' defect 12).
    assert (updater.perturb(x)[..., 0] == 1).all() == (perturb_std == "pixel")
