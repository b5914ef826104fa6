import chainer
import numpy as np
import pytest

from chainer_gan_anime.common import feature_adversary
from chainer_gan_anime.common.feature_adversary import FeatureAdversary
from chainer_gan_anime.common.feature_discriminator import VIEWS, FeatureDiscriminator
from chainer_gan_anime.pretrained import efficientnet
from tests.chainer_gan_anime.pretrained.networks import random_network


@pytest.fixture
def adversary(monkeypatch):
    monkeypatch.setattr(efficientnet, "pretrained", random_network)
    dis = FeatureDiscriminator("efficientnet-lite0", 32, np.random.RandomState(0))
    optimizer = chainer.optimizers.Adam(1e-3).setup(dis)
    return FeatureAdversary(dis, optimizer, np.random.RandomState(1))


def images(value, n=4):
    return np.full((n, 3, 32, 32), value, "f")


def weights(dis):
    return {name: param.array.copy() for name, param in dis.namedparams()}


def test_gs_part_is_minus_the_mean_logit_over_scales_and_moves_nothing(adversary, monkeypatch):
    monkeypatch.setattr(adversary, "_augment", lambda x: x)
    x, dis = chainer.Variable(images(0.3)), adversary.dis
    vectors = [link.W_u.copy() for link in dis.links() if hasattr(link, "W_u")]
    adversary._n_steps = len(VIEWS) - 1  # the whole image is next
    loss = adversary.loss_gen(x)
    for before, link in zip(vectors, (k for k in dis.links() if hasattr(k, "W_u"))):
        np.testing.assert_array_equal(before, link.W_u)
    with chainer.using_config("in_recomputing", True):
        expected = -np.mean([y.array.mean() for y in dis(x)])
    assert float(loss.array) == pytest.approx(expected, abs=1e-6)
    assert chainer.grad([loss], [x])[0] is not None


def test_its_step_parts_reals_from_fakes_and_steps_the_heads_alone(adversary, monkeypatch):
    monkeypatch.setattr(adversary, "_augment", lambda x: x)
    real, fake = images(0.5), images(-0.5)

    def gap():
        with chainer.using_config("in_recomputing", True):
            logits = [adversary.dis(x) for x in (real, fake)]
        return np.mean([(r.array - f.array).mean() for r, f in zip(*logits)])

    before = gap()
    for _ in range(20):
        adversary.update(real, fake)
    assert gap() > before + 0.1


def test_the_projection_of_gs_step_is_used_once(adversary, monkeypatch):
    calls, project = [], adversary.dis.project
    monkeypatch.setattr(adversary.dis, "project", lambda x: calls.append(1) or project(x))
    adversary.loss_gen(chainer.Variable(images(0.1)))
    adversary.update(images(0.5), images(0.1))
    assert len(calls) == 2  # the fakes in G's step, the reals here
    adversary.update(images(0.5), images(0.1))
    assert len(calls) == 4  # a further step of D has fakes of its own


def test_by_turns_it_sees_the_whole_the_whole_enlarged_and_parts_enlarged(adversary, monkeypatch):
    monkeypatch.setattr(adversary, "_augment", lambda x: x)
    seen, views = [], []
    project, judge = adversary.dis.project, adversary.dis.judge
    monkeypatch.setattr(adversary.dis, "project", lambda x: seen.append(x) or project(x))
    monkeypatch.setattr(
        adversary.dis, "judge", lambda h, view: views.append(view) or judge(h, view)
    )
    ramp = np.broadcast_to(np.linspace(-1, 1, 32, dtype="f"), (2, 3, 32, 32))
    for _ in range(3):
        adversary.loss_gen(chainer.Variable(ramp.copy()))
        adversary.update(ramp.copy(), None)
    assert views == ["close", "close", "closest", "closest", "whole", "whole"]
    shown = [chainer.as_variable(x).array for x in seen]
    # Enlarged, the whole image of one of the two.
    assert [x.shape for x in shown[::2]] == [(1, 3, 64, 64), (2, 3, 32, 32), (2, 3, 32, 32)]
    for fake, real in zip(shown[::2], shown[1::2]):  # the same part of both
        np.testing.assert_array_equal(fake, real)
    # Of 32 columns 32, 8 and 32: one step of 2 / 31 less than that, whichever corner.
    ranges = [np.ptp(x) for x in shown[::2]]
    np.testing.assert_allclose(ranges, [2, 7 * 2 / 31, 2], rtol=1e-5)


def test_an_odd_batch_gives_the_larger_half_to_the_enlarged_view(adversary, monkeypatch):
    seen, project = [], adversary.dis.project
    monkeypatch.setattr(adversary.dis, "project", lambda x: seen.append(len(x)) or project(x))
    adversary.loss_gen(chainer.Variable(images(0.1, n=3)))
    assert adversary._view() == "close" and seen == [2]


def test_the_parts_are_drawn_from_all_over_the_image(adversary, monkeypatch):
    monkeypatch.setattr(adversary.dis, "project", lambda x: [x])  # its network takes its time
    monkeypatch.setattr(adversary.dis, "judge", lambda projected, view: projected)
    corners = []
    for _ in range(300):
        adversary.loss_gen(chainer.Variable(images(0.1, n=1)))
        if adversary._view() == "closest":
            corners.append(adversary._corner)
    assert {0, 24} <= {top for top, _ in corners} <= set(range(25))
    assert {0, 24} <= {left for _, left in corners} <= set(range(25))


def test_it_sees_everything_augmented(adversary, monkeypatch):
    seen, augment = [], adversary._augment
    monkeypatch.setattr(adversary, "_augment", lambda x: seen.append(x.shape) or augment(x))
    adversary._n_steps = len(VIEWS) - 1  # the whole image is next
    adversary.loss_gen(chainer.Variable(images(0.1)))
    adversary.update(images(0.5), images(0.1))
    assert seen == [(4, 3, 32, 32)] * 2
    assert feature_adversary.POLICY == "color,translation,cutout"
