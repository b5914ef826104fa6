"""Batch normalisation over several workers equals that over their images together."""

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest

from chainer_gan_anime.common.multi_node_bn import MultiNodeBatchNormalization


class Twin:
    """A communicator of two workers who hold the same images: their mean is either's."""

    size = 2

    def _multi_node_mean(self, send, receive):
        pass


def links(**given):
    plain = L.BatchNormalization(3, **given)
    return plain, MultiNodeBatchNormalization(L.BatchNormalization(3, **given), Twin(), "mpi")


@pytest.mark.parametrize("use_gamma", [True, False])
def test_equals_the_whole_batch(rng, use_gamma):
    plain, shared = links(use_gamma=use_gamma)
    assert sorted(n for n, _ in shared.namedparams()) == sorted(n for n, _ in plain.namedparams())
    half = rng.normal(1, 2, (4, 3, 5, 5)).astype(np.float32)
    whole = np.concatenate([half, half])
    results = []
    for link, x in ((plain, whole), (shared, half)):
        x = chainer.Variable(x)
        y = link(x)
        weights = rng.__class__(1).normal(size=half.shape).astype(np.float32)
        loss = F.sum(y[:4] ** 2 * weights)  # of this worker's images
        if link is plain:
            loss += F.sum(y[4:] ** 2 * weights)
        gradients = chainer.grad([loss], [x, *link.params()])
        results.append([y.array[:4], *(g.array for g in gradients)])
    (y, gx, *g_params), (y_shared, gx_shared, *g_params_shared) = results
    np.testing.assert_allclose(y_shared, y, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(gx_shared, gx[:4], rtol=1e-3, atol=1e-4)
    for one, other in zip(g_params, g_params_shared):  # sums over 8 images, means of two sums of 4
        np.testing.assert_allclose(2 * other, one, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(shared.avg_mean, plain.avg_mean, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(shared.avg_var, plain.avg_var, rtol=1e-4)


def test_rests_while_recomputing_and_follows_nothing_in_test_mode(rng):
    plain, shared = links()
    x = rng.normal(1, 2, (4, 3, 5, 5)).astype(np.float32)
    with chainer.using_config("in_recomputing", True):
        shared(x)
    np.testing.assert_array_equal(shared.avg_mean, 0)
    np.testing.assert_array_equal(shared.avg_var, 1)
    for link in (plain, shared):
        link.avg_mean[:] = [1, 2, 3]
    with chainer.using_config("train", False):
        np.testing.assert_array_equal(shared(x).array, plain(x).array)
    np.testing.assert_array_equal(shared.avg_mean, [1, 2, 3])


def test_a_copy_can_be_used_alone_and_asks_no_other_worker(rng):
    class Unreachable(Twin):
        def _multi_node_mean(self, send, receive):
            raise AssertionError("nobody answers")

        def __deepcopy__(self, memo):
            raise AssertionError("a communicator has no copy")

    plain = L.BatchNormalization(3)
    shared = MultiNodeBatchNormalization(L.BatchNormalization(3), Unreachable(), "mpi")
    alone = shared.copy("copy")
    alone.alone = True
    x = rng.normal(1, 2, (4, 3, 5, 5)).astype(np.float32)
    np.testing.assert_array_equal(alone(x).array, plain(x).array)
    np.testing.assert_array_equal(alone.avg_var, plain.avg_var)
    with pytest.raises(AssertionError, match="nobody answers"):
        shared(x)
