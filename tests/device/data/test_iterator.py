"""DeviceIterator: the images lie on the device, or on the host if they do not fit."""

import cupy
import numpy as np
import pytest

from chainer_gan_anime.data.iterator import DeviceIterator
from tests.device.small_runs import draw_images

images = draw_images(11, 8)


def make(device, sampling="shuffle", **arguments):
    rng = np.random.RandomState(3)
    return DeviceIterator(images, 4, rng, sampling, True, device, **arguments)


@pytest.mark.parametrize("sampling", ["shuffle", "replacement"])
def test_batches_equal_those_on_the_host(sampling):
    on_host, on_device = make("@numpy", sampling), make("@cupy:0", sampling)
    for _ in range(6):
        expected, seen = next(on_host), next(on_device)
        assert isinstance(seen, cupy.ndarray)
        assert seen.dtype == np.float32
        np.testing.assert_allclose(seen.get(), expected, atol=1e-6)
        assert on_device.epoch_detail == on_host.epoch_detail


def test_no_image_crosses_in_an_iteration(counting):
    with counting() as seen:
        iterator = make("@cupy:0")
    assert seen.h2d_bytes == images.nbytes
    assert iterator.resident
    with counting() as seen:
        next(iterator)
    assert seen.h2d_shapes == {((4,), "int64"): 1}
    assert seen.d2h_calls == 0
    assert seen.n_launches == 1


def test_a_set_that_does_not_fit_stays_on_the_host(monkeypatch, counting):
    monkeypatch.setattr(cupy.cuda.runtime, "memGetInfo", lambda: (images.nbytes, 8 << 30))
    sentences = []
    iterator = make("@cupy:0", report=sentences.append)
    assert not iterator.resident
    assert len(sentences) == 1
    on_host = make("@numpy")
    for _ in range(4):
        with counting() as seen:
            batch = next(iterator)
        np.testing.assert_allclose(batch.get(), next(on_host), atol=1e-6)
    assert seen.h2d_shapes[((4, 3, 8, 8), "uint8")] == 1
