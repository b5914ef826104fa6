import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.algorithms.acgan.updater import tag_loss
from chainer_gan_anime.common.random_state import make_stream
from chainer_gan_anime.data.iterator import DeviceIterator
from crawler.shared.errors import UserError


@pytest.fixture
def make_updater(make_settings, tagged_faces):
    def make(**given):
        settings = make_settings("acgan", **given)
        vocabulary = tagged_faces.vocabulary
        gen = registry.make_generator(settings, vocabulary)
        dis = registry.make_discriminator(settings, vocabulary)
        stream = make_stream(settings.seed, "images")
        iterator = DeviceIterator(tagged_faces.images, 8, stream, tags=tagged_faces.tags)
        return registry.make_updater(settings, (gen, dis), iterator)

    return make


def softplus(x):
    return np.log1p(np.exp(-abs(x))) + np.maximum(x, 0)


def cross_entropy(y, t):
    """NumPy's L_cls: summed over tags, a mean over images."""
    return (softplus(y) - y * t).sum(1).mean()


def test_the_tags_loss_is_summed_over_tags(rng):
    y = rng.normal(size=(6, 5)).astype(np.float32)
    tags = rng.randint(0, 2, (6, 5)).astype(np.int32)
    assert float(tag_loss(y, tags).array) == pytest.approx(cross_entropy(y, tags), rel=1e-5)


def sum_losses(updater, x_fake, tags_fake):
    """Return in NumPy what G's step should go down: L_cls + T L_adv."""
    y, y_tags = updater.dis.judge(x_fake)
    n_tags = len(updater.vocabulary)
    return cross_entropy(y_tags.array, tags_fake) + n_tags * softplus(-y.array).mean()


def test_generators_gradient_is_of_both_losses_in_the_published_ratio(make_updater):
    """By finite differences, so that neither the sum nor the weight can be another."""
    updater = make_updater()
    updater.dis.l4.W.array *= 30
    updater.dis.l_tags.W.array *= 30
    updater.get_optimizer("opt_gen").hyperparam.alpha = 0.0
    x_real = updater.next_batch()
    inputs = []
    draw = updater.draw_hidden
    updater.draw_hidden = lambda n: inputs.append(draw(n)) or inputs[-1]
    updater.update_gen(x_real)
    weight = updater.gen.dc2.W
    i = np.unravel_index(np.abs(weight.grad).argmax(), weight.shape)

    def loss_at(step):
        weight.array[i] += step
        with chainer.no_backprop_mode():
            loss = sum_losses(updater, updater.gen(inputs[0]), updater.tags_fake)
        weight.array[i] -= step
        return loss

    numeric = (loss_at(2e-3) - loss_at(-2e-3)) / 4e-3
    assert weight.grad[i] == pytest.approx(numeric, rel=0.05)


@pytest.mark.parametrize("tag_fakes", [True, False])
def test_discriminators_loss_is_of_both_halves(make_updater, monkeypatch, tag_fakes):
    updater = make_updater(tag_fakes=tag_fakes)
    x_real = updater.next_batch()
    x_fake = updater.update_gen(x_real)
    taken = []
    monkeypatch.setattr(
        "chainer_gan_anime.algorithms.acgan.updater.apply_gradients",
        lambda optimizer, loss: taken.append(float(loss.array)),
    )
    monkeypatch.setattr(updater, "penalty", lambda x_real, x_fake: 0.125)
    (y, tags), (y_fake, tags_fake) = (
        [v.array for v in updater.dis.judge(x)] for x in (x_real, x_fake)
    )
    updater.update_dis(x_real, x_fake)
    expected = cross_entropy(tags, updater.tags_real)
    expected += tag_fakes * cross_entropy(tags_fake, updater.tags_fake) + 0.125
    expected += len(updater.vocabulary) * (softplus(-y).mean() + softplus(y_fake).mean())
    assert taken == pytest.approx([expected], rel=1e-4)


def test_the_penalty_has_no_term_of_the_tags(make_updater):
    updater = make_updater()
    penalty = updater.penalty(updater.next_batch(), None)
    head, logit = chainer.grad([penalty], [updater.dis.l_tags.W, updater.dis.l4.W])
    assert head is None and np.abs(logit.array).max() > 0


def test_a_run_without_tags_is_refused(make_settings):
    with pytest.raises(UserError, match="learns from tags and test came without"):
        registry.make_generator(make_settings("acgan"))


def test_images_follow_their_tags_after_some_steps(make_updater, tagged_faces):
    """On one-coloured pictures, at fixed z, red_hair comes out redder than blue_hair."""
    updater = make_updater(adam_alpha=4e-3, batch_size=8)
    for _ in range(60):
        updater.update()
    z = updater.gen.make_hidden(16, np.random.RandomState(1))
    redness = {}
    for name in ("red_hair", "blue_hair"):
        z[:, updater.gen.n_hidden :] = -1
        z[:, updater.gen.n_hidden + updater.vocabulary.index(name)] = 1
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            x = updater.gen(z).array
        redness[name] = (x[:, 0] - x[:, 2]).mean()
    assert redness["red_hair"] > redness["blue_hair"] + 0.15  # 0.4 to 0.8 over four seeds
