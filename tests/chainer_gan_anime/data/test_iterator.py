import numpy as np
import pytest

from chainer_gan_anime.data.iterator import DeviceIterator
from chainer_gan_anime.kernels import cpu
from chainer_gan_anime.runs import npz


@pytest.fixture
def images():
    """Image i is filled with i, but for a left edge of 255."""
    images = np.empty((10, 3, 4, 4), np.uint8)
    images[:] = np.arange(10, dtype=np.uint8)[:, None, None, None]
    images[..., 0] = 255
    return images


def make(images, seed=0, **given):
    return DeviceIterator(images, 4, np.random.RandomState(seed), **given)


def picks(batch):
    return np.round((batch[:, 0, 0, 1] + 1) * 127.5).astype(int)


def test_batches_are_scaled_float32(images):
    batch = next(make(images))
    assert batch.shape == (4, 3, 4, 4) and batch.dtype == np.float32
    np.testing.assert_allclose(batch[:, :, :, 0], 1, atol=1e-6)
    np.testing.assert_allclose(batch[0, 0, 0, 1], picks(batch)[0] / 127.5 - 1, atol=1e-6)


def test_replacement_draws_uniformly_from_all(images):
    iterator = make(images, sampling="replacement")
    drawn = np.concatenate([picks(next(iterator)) for _ in range(1000)])
    counts = np.bincount(drawn, minlength=10)
    assert counts.min() > 320 and counts.max() < 480  # 400 expected, deviation 19
    assert any(len(set(four)) < 4 for four in drawn.reshape(-1, 4))


def test_shuffle_gives_one_permutation_after_the_other(images):
    iterator = make(images, sampling="shuffle")
    drawn = np.concatenate([picks(next(iterator)) for _ in range(10)])
    for start in range(0, 40, 10):
        assert sorted(drawn[start : start + 10]) == list(range(10))
    assert list(drawn[:10]) != list(drawn[10:20])


def test_flip_mirrors_about_half(images):
    iterator = make(images, flip=True)
    batches = np.concatenate([next(iterator) for _ in range(250)])
    right, left = batches[:, 0, 0, -1] > 0.99, batches[:, 0, 0, 0] > 0.99
    assert (right ^ left).all() and 430 < right.sum() < 570


@pytest.mark.parametrize("sampling", ["replacement", "shuffle"])
def test_a_resumed_iterator_goes_on_bit_for_bit(images, sampling, tmp_path):
    iterator = make(images, sampling=sampling, flip=True)
    for _ in range(4):
        next(iterator)
    npz.save(tmp_path / "it.npz", iterator)
    resumed = make(images, seed=9, sampling=sampling, flip=True)
    next(resumed)
    npz.load(tmp_path / "it.npz", resumed)
    for _ in range(7):
        np.testing.assert_array_equal(next(resumed), next(iterator))
    assert resumed.batches_drawn == iterator.batches_drawn == 11


def test_epochs_are_counted_in_batches(images):
    iterator = make(images)
    ends = []
    for _ in range(7):
        next(iterator)
        ends.append(iterator.is_new_epoch)
    assert ends == [False, False, True, False, False, True, False]
    assert iterator.epoch == 2 and iterator.epoch_detail == pytest.approx(7 / 3)
    assert iterator.previous_epoch_detail == 2


def test_other_arrays_than_uint8_images_are_a_bug(images):
    with pytest.raises(TypeError, match="uint8"):
        make(images.astype(np.float32))


def test_batches_lie_in_memory_as_the_cpu_kernels_want_them(rng):
    images = rng.randint(0, 256, (10, 3, 4, 6)).astype(np.uint8)
    with cpu.fast_kernels(False):
        plain = next(make(images, flip=True))
    with cpu.fast_kernels():
        batch = next(make(images, flip=True))
    assert plain.flags.c_contiguous
    assert batch.transpose(1, 2, 3, 0).flags.c_contiguous
    np.testing.assert_array_equal(batch, plain)
