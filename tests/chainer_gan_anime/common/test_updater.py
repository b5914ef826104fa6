import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.random_state import make_stream
from chainer_gan_anime.data.iterator import DeviceIterator


@pytest.fixture
def make_updater(make_settings, faces, tagged_faces):
    def make(*args, **given):
        settings = make_settings(*args, **given)
        tagged = registry.ALGORITHMS[settings.algorithm].tagged
        of_run = tagged_faces if tagged else faces
        models = [
            registry.make_generator(settings, of_run.vocabulary),
            registry.make_discriminator(settings, of_run.vocabulary),
            *registry.make_extra_models(settings).values(),
        ]
        images = make_stream(settings.seed, "images")
        iterator = DeviceIterator(
            of_run.images, settings.batch_size, images, settings.sampling, tags=of_run.tags
        )
        return registry.make_updater(settings, models, iterator)

    return make


def state(model):
    """Returns copies of all parameters and persistent values."""
    return {
        f"{path}/{key}": np.copy(getattr(getattr(link, key), "array", getattr(link, key)))
        for path, link in model.namedlinks()
        for key in [*link._params, *link._persistent]
    }


def differing(before, after):
    return {key for key in before if not np.array_equal(before[key], after[key])}


@pytest.fixture(params=registry.ALGORITHMS)
def algorithm(request):
    return request.param


# DFM's three nets step at once; its own tests tell the gradients apart.
IN_TURN = [name for name in registry.ALGORITHMS if name != "dfm"]
# What judges with one logit, by a pair of losses to choose from.
OF_LOGITS = [name for name in IN_TURN if registry.ALGORITHMS[name].updater.own_loss is None]


@pytest.mark.parametrize("algorithm", IN_TURN)
@pytest.mark.parametrize("preset", ["article", "paper"])
def test_generators_step_leaves_all_of_the_discriminator(make_updater, algorithm, preset):
    updater = make_updater(algorithm, preset)
    updater.dis.cleargrads()
    dis, gen = state(updater.dis), state(updater.gen)
    updater.update_gen(updater.next_batch())
    assert not differing(dis, state(updater.dis))
    assert all(param.grad is None for param in updater.dis.params())
    changed = differing(gen, state(updater.gen))
    assert changed >= {key for key in gen if key.endswith("/W")}


@pytest.mark.parametrize("algorithm", IN_TURN)
def test_discriminators_step_leaves_all_of_the_generator(make_updater, algorithm):
    updater = make_updater(algorithm)
    x_fake = updater.draw_fakes(8)
    updater.gen.cleargrads()
    dis, gen = state(updater.dis), state(updater.gen)
    updater.update_dis(updater.next_batch(), x_fake)
    assert not differing(gen, state(updater.gen))
    assert all(param.grad is None for param in updater.gen.params())
    assert differing(dis, state(updater.dis)) >= {key for key in dis if key.endswith("/W")}


def test_power_iteration_per_forward_moves_u_in_the_generators_step(make_updater):
    updater = make_updater("sngan", "upstream")
    before = state(updater.dis)
    updater.update_gen(updater.next_batch())
    moved = differing(before, state(updater.dis))
    assert moved == {key for key in before if key.endswith("W_u")}


def losses(updater, x_real, z):
    with chainer.using_config("in_recomputing", True):
        x_fake = updater.gen(z)
        y_real, y_fake = updater.judge(x_real, x_fake.array)
        return float(updater.loss.gen(y_fake).array), float(updater.loss.dis(y_real, y_fake).array)


@pytest.mark.parametrize("loss", ["softplus", "hinge", "wasserstein"])
@pytest.mark.parametrize("algorithm", OF_LOGITS)
def test_one_step_lowers_its_own_loss(make_updater, algorithm, loss, rng):
    # Without the gradient penalty, which is not part of the loss compared; nor is what D loses
    # by tags, which it is kept from learning.
    given = {"lam": 0.0} if "loss_gp" in registry.ALGORITHMS[algorithm].log_keys else {}
    updater = make_updater(algorithm, loss=loss, adam_alpha=1e-3, **given)
    z, x_real = updater.gen.make_hidden(8, rng), updater.next_batch()
    updater.gen.make_hidden = lambda batchsize: z
    if algorithm == "acgan":
        updater.dis.l_tags.disable_update()
        updater.dis.l_tags.W.array[:] = 0  # then D's features learn nothing from it
    before, _ = losses(updater, x_real, z)
    x_fake = updater.update_gen(x_real)
    after, dis_before = losses(updater, x_real, z)
    assert after < before
    x_fake = updater.gen(z).array
    _, dis_before = losses(updater, x_real, z)
    updater.update_dis(x_real, x_fake)
    _, dis_after = losses(updater, x_real, z)
    assert dis_after < dis_before


def test_judging_in_one_pass_equals_two(make_updater, rng):
    updater = make_updater("dragan")
    x_real, x_fake = rng.uniform(-1, 1, (2, 8, 3, 16, 16)).astype("f")
    y_real, y_fake = updater.judge(x_real, x_fake)
    np.testing.assert_allclose(y_real.array, updater.dis(x_real).array, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(y_fake.array, updater.dis(x_fake).array, rtol=1e-4, atol=1e-6)


def test_fresh_fakes_are_drawn_anew_and_shared_ones_are_not(make_updater):
    for fresh, n_draws in [(False, 1), (True, 2)]:
        updater = make_updater("sngan", fresh_fakes=fresh)
        drawn = []
        make_hidden = updater.gen.make_hidden
        updater.gen.make_hidden = lambda n, d=drawn, f=make_hidden: d.append(n) or f(n)
        updater.update()
        assert drawn == [8] * n_draws


def test_n_dis_batches_are_drawn_per_iteration(make_updater):
    updater = make_updater("dragan", n_dis=3)
    updater.update()
    updater.update()
    assert updater.get_iterator("main").batches_drawn == 6
    assert updater.get_optimizer("opt_gen").t == 2 and updater.get_optimizer("opt_dis").t == 6
    assert updater.previous_epoch_detail == pytest.approx(3 / 5)


def test_a_list_of_images_as_chainers_iterators_give_it_is_taken(make_updater, faces):
    updater = make_updater("sngan")
    batch = updater.get_iterator("main").next()
    serial = chainer.iterators.SerialIterator(list(batch), 8, shuffle=False)
    updater._iterators["main"] = serial
    np.testing.assert_array_equal(updater.next_batch(), batch)


def test_reports(make_updater, algorithm):
    updater, observation = make_updater(algorithm), {}
    with chainer.Reporter().scope(observation):
        updater.update()
    signs = {"logit_real", "logit_fake", "accuracy_real", "accuracy_fake"}
    watched = signs if updater.signs else {"critic_real", "critic_fake"}
    if algorithm == "began":  # which has errors instead
        watched = set()
    own = set(registry.ALGORITHMS[algorithm].log_keys)
    assert set(observation) == {"loss_gen", "loss_dis"} | watched | own
    assert set(observation) <= set(registry.list_log_keys(algorithm))


def test_watch(make_updater):
    logits = np.array([[1.0], [2.0], [-3.0], [4.0]], "f"), np.array([[-1.0], [3.0]], "f")
    assert make_updater("sngan").watch(*logits) == {
        "logit_real": 1.0,
        "logit_fake": 1.0,
        "accuracy_real": 0.75,
        "accuracy_fake": 0.5,
    }
    critic = make_updater("sngan", loss="wasserstein")
    assert critic.watch(*logits) == {"critic_real": 1.0, "critic_fake": 1.0}
