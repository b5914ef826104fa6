"""Memorisation by reach: how near a run's generator comes to faces it never saw."""

from __future__ import annotations

import numpy as np

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.evaluation.projection import Reach, measure_reach
from crawler.shared.errors import UserError


def choose_unseen(images: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Return those of ``images`` that are not, pixel by pixel, among the training images."""
    seen = {image.tobytes() for image in training}
    return images[[image.tobytes() not in seen for image in images]]


def reach_faces(
    gen: Generator, training: np.ndarray, other: np.ndarray, n: int, seed: int, **of_search: int
) -> Reach:
    """Measure the reach of a generator over a seeded choice of images.

    Args:
        gen: The generator.
        training: What it was trained on, uint8 (N, 3, H, W).
        other: A set that it was not trained on; images of it that lie in ``training`` are left
            out.
        n: Images of each kind.
        seed: Of the choices and of the search's starts.
        **of_search: ``n_steps`` and ``n_restarts`` of
            :func:`chainer_gan_anime.evaluation.projection.measure_reach`.

    Raises:
        UserError: One of the sets has too few images.
    """
    unseen = choose_unseen(other, training)
    for images, what in ((training, "the set trained on"), (unseen, "the held-out set")):
        if len(images) < n:
            unless = " that are not in the other" if images is unseen else ""
            raise UserError(
                f"{what} has {len(images)} images{unless}: pass --reach {len(images)} or less, "
                "or give a larger one."
            )
    rng = np.random.RandomState(seed)
    chosen = (images[rng.permutation(len(images))[:n]] for images in (training, unseen))
    return measure_reach(gen, *chosen, rng, **of_search)


def describe_reach(reach: Reach) -> list[str]:
    """Return what was measured in sentences, the last of them an alarm if it is one."""
    lines = [
        f"reach: training faces within {reach.training:.1f} of 255 levels, held-out faces within "
        f"{reach.held_out:.1f} (medians of {reach.n} each).",
        f"A held-out face lies farther than a training face with probability {reach.share:.2f}; "
        "0.50 where nothing was memorised.",
    ]
    if reach.memorised:
        lines.append(
            "ALARM: training faces are reached nearer than faces it never saw, by more than "
            "three standard errors: the generator memorised some of its set."
        )
    return lines
