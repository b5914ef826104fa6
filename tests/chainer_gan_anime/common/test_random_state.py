import numpy as np
import pytest
from chainer.serializers import DictionarySerializer, NpzDeserializer

from chainer_gan_anime.common.random_state import (
    STREAMS,
    make_stream,
    serialize_random_state,
)


def test_streams_differ_by_purpose_and_seed_and_repeat():
    purposes = (*STREAMS, "weights_denoiser", "weights_other")
    draws = {
        (seed, purpose): make_stream(seed, purpose).randint(2**31)
        for seed in (0, 1)
        for purpose in purposes
    }
    assert len(set(draws.values())) == len(draws)
    assert make_stream(1, "images").randint(2**31) == draws[1, "images"]


@pytest.mark.parametrize("n_normals", [0, 1])  # 1 leaves a cached second normal
def test_a_restored_stream_goes_on_bit_for_bit(n_normals):
    rng = np.random.RandomState(1)
    rng.uniform(size=1000)
    rng.normal(size=n_normals)
    saver = DictionarySerializer()
    serialize_random_state(saver, "rng", rng)
    other = np.random.RandomState(2)
    serialize_random_state(NpzDeserializer(saver.target), "rng", other)
    np.testing.assert_array_equal(other.normal(size=5), rng.normal(size=5))
    np.testing.assert_array_equal(other.randint(0, 9, 99), rng.randint(0, 9, 99))
