"""Explicit random streams: made from one seed, saved with the run, restored to the bit."""

from __future__ import annotations

import zlib

import numpy as np

# Each purpose has a stream of its own, so that looking never moves what trains.  The order is
# part of every seeded run: append, never insert.
STREAMS = ("weights_gen", "weights_dis", "training", "images", "preview", "evaluation")


def make_stream(seed: int, purpose: str) -> np.random.RandomState:
    """Return the stream of one purpose.

    Args:
        seed: The run's seed.
        purpose: One of :data:`STREAMS`, or any other name, such as ``'standing'`` or
            ``'weights_NAME'`` of an algorithm's extra net.
    """
    if purpose in STREAMS:
        words = [STREAMS.index(purpose), 0]  # the 0 is part of every seeded run, too
    else:
        words = [len(STREAMS), zlib.crc32(purpose.encode())]
    return np.random.RandomState([seed, *words])


def serialize_random_state(serializer, key: str, rng: np.random.RandomState) -> None:
    """Save ``rng``'s state under ``key``, or restore it; used by ``serialize`` methods.

    Args:
        serializer: Chainer's serializer or deserializer.
        key: Name in the snapshot.
        rng: Mersenne Twister stream; changed in place when restoring.
    """
    s = serializer[key]
    name, words, position, has_gauss, gauss = rng.get_state()
    words = s("words", words.copy())
    position = s("position", position)
    has_gauss = s("has_gauss", has_gauss)
    gauss = s("gauss", gauss)
    rng.set_state((name, words, position, has_gauss, gauss))
