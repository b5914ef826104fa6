"""Steady latents: those around which faces change slowly, of which fewer are broken.

A generator is continuous, and what it learnt to draw is of several kinds.  Latents on the way from
one to the other draw what is neither, and there a small step changes much.  The logarithm of how
much is, by about half of its variance (nets of results/levers/whole_views), linear in the latent,
so that one direction leads to where faces are steady, and a latent need not be thrown away for
another: it moves along that direction.

Source: Tanielian et al. 2020, "Learning disconnected manifolds: a no GANs land", rejects latents
whose Jacobian is large (Jacobian-based truncation); finite steps, the middle of the picture, one
direction and moving instead of rejecting are ours.
"""

from __future__ import annotations

import statistics

import chainer
import numpy as np
from tqdm import trange

from chainer_gan_anime.common.net import Generator
from crawler.shared.errors import UserError

N_LATENTS = 2000  # that the direction is fitted to
N_STEPS = 2  # from each of them
STEP = 0.4  # standard deviations of a latent's numbers
MIN_SHARE = 0.01
BATCH_SIZE = 100
_NORMAL = statistics.NormalDist()


def find_steady_direction(gen: Generator, seed: int = 0, n: int = N_LATENTS) -> np.ndarray:
    """Return the direction in which latents' faces change least when the latent moves.

    The logarithm of the change (see :func:`measure_change`) is fitted by a linear function of the
    latent.  From its gradient the part that makes pictures brighter is taken out: bright hair
    changes less than dark hair, and is no better for it.

    Args:
        gen: The generator, on any device.
        seed: Of the latents that are tried.
        n: How many.

    Returns:
        float64 (n_hidden,), of length 1.
    """
    rng = np.random.RandomState(seed)
    rows, targets = [], []
    for start in trange(0, n, BATCH_SIZE, desc="steady direction", leave=False, disable=None):
        count = min(BATCH_SIZE, n - start)
        z = gen.make_hidden(count, rng).reshape(count, -1)
        rows.append(z[:, : gen.n_hidden])
        targets.append(np.stack(measure_change(gen, z, rng), axis=1))
    latents = np.concatenate(rows).astype(np.float64)
    targets = np.concatenate(targets)
    with_constant = np.concatenate([latents, np.ones((n, 1))], axis=1)
    change, brightness = np.linalg.lstsq(with_constant, targets, rcond=None)[0][:-1].T
    brightness /= max(np.linalg.norm(brightness), 1e-30)
    steady = -(change - change @ brightness * brightness)
    return steady / max(np.linalg.norm(steady), 1e-30)


def measure_change(
    gen: Generator, z: np.ndarray, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Return how much the middle of each picture changes by small steps, and its brightness.

    Args:
        gen: The generator.
        z: Latents, float32 (B, n_hidden[ + T]); tags rest.
        rng: Stream of the steps.

    Returns:
        Two float64 arrays (B,): the logarithm of the mean square of the change in the middle half
        of the height and the width, summed over :data:`N_STEPS` random steps; and the mean of the
        picture, from -1 to 1.
    """
    before = _draw(gen, z)
    height, width = before.shape[2:]
    middle = np.s_[:, :, height // 4 : -(height // 4), width // 4 : -(width // 4)]
    change = np.full(len(z), 1e-12)
    for _ in range(N_STEPS):
        near = z.copy()
        near[:, : gen.n_hidden] += STEP * spread(gen) * rng.normal(size=(len(z), gen.n_hidden))
        change += np.square(_draw(gen, near)[middle] - before[middle]).mean(axis=(1, 2, 3))
    return np.log(change), before.mean(axis=(1, 2, 3), dtype=np.float64)


def move_to_steady(
    gen: Generator, z: np.ndarray, direction: np.ndarray, share: float
) -> np.ndarray:
    """Return latents moved along a direction into the steadiest share of them.

    Their component along it, which is normal (nearly so if their numbers are uniform), becomes
    that of its rank among those of the share: normal latents stay normal, given that they are
    among the share.  All else of a latent stays, and so does the order along the direction.

    Args:
        gen: Says how its latents are distributed.
        z: float32 (B, n_hidden[ + T]).
        direction: Of length 1, as :func:`find_steady_direction` returns it.
        share: Above 0; 1 changes nothing.

    Returns:
        float32, as ``z``; uniform numbers may come to lie a little beyond -1 and 1.
    """
    z = z.copy()
    along = z[:, : gen.n_hidden].astype(np.float64) @ direction / spread(gen)
    tails = np.array([share * _NORMAL.cdf(-value) for value in along]).clip(1e-300)
    moved = np.array([-_NORMAL.inv_cdf(tail) for tail in tails])
    z[:, : gen.n_hidden] += np.outer(spread(gen) * (moved - along), direction)
    return z


def spread(gen: Generator) -> float:
    """Return the standard deviation of a latent's numbers."""
    return 3**-0.5 if gen.z_distribution == "uniform" else 1.0


def check_share(share: float) -> None:
    """Refuse a share that latents cannot be moved to.

    Raises:
        UserError: It is out of range.
    """
    if not MIN_SHARE <= share <= 1:
        raise UserError(
            f"{share:g} is out of range: it is the share of the latents that faces are drawn "
            f"from, take one from {MIN_SHARE} to 1, such as 0.3."
        )


def _draw(gen: Generator, z: np.ndarray) -> np.ndarray:
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        return chainer.get_device("@numpy").send(gen(gen.device.send(z)).array)
