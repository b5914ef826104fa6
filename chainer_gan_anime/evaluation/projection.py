"""The latents whose faces are nearest to given pictures, found by gradients."""

from __future__ import annotations

from typing import NamedTuple

import chainer
import chainer.functions as F
import numpy as np
from tqdm import tqdm

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.sampling import generate

SCALES = 4  # of the pyramid: full size, halves, quarters, eighths
STEP = 0.05  # Adam's, in units of z


class Projection(NamedTuple):
    """What was found for each picture.

    Attributes:
        z: float32 (N, n_hidden).
        images: The generator's faces of them, uint8 (N, 3, H, W).
        distances: Root mean square difference to the picture's pixels [levels of 255], (N,).
    """

    z: np.ndarray
    images: np.ndarray
    distances: np.ndarray


def project(
    gen: Generator,
    pictures: np.ndarray,
    rng: np.random.RandomState,
    n_steps: int = 200,
    n_restarts: int = 5,
    batch_size: int = 50,
) -> Projection:
    """Find latents whose faces are nearest to pictures.

    Adam on z alone, from several starts at once; what is made small is the mean square
    difference of the pixels, summed over the pictures at full, half, quarter and eighth size,
    so that a face comes near as a whole before its lines do.  z stays where it is drawn from:
    within [-1, 1] if it is uniform, within the length that normal latents have otherwise.  Of
    each picture's starts the one that ends with the smallest difference of pixels is kept.

    Args:
        gen: The generator; nothing in it changes.
        pictures: uint8 (N, 3, H, W) of its size.
        rng: Draws the starts.
        n_steps: Of Adam.
        n_restarts: Starts for each picture.
        batch_size: Latents at a time.

    Source: Adam on latents as in Lipton and Tripathi 2017, "Precise recovery of latent vectors
    from generative adversarial networks"; pyramid as in Laplacian losses, here by mean pooling.
    """
    targets = pictures.repeat(n_restarts, axis=0)
    z = gen.make_hidden(len(targets), rng).reshape(len(targets), -1)
    starts = range(0, len(z), batch_size)
    with tqdm(total=len(starts) * n_steps, desc="projecting", leave=False, disable=None) as bar:
        for start in starts:
            rows = slice(start, start + batch_size)
            z[rows] = _descend(gen, targets[rows], z[rows], n_steps, bar)
    images = generate(gen, z)
    distances = rms(images, targets).reshape(len(pictures), n_restarts)
    best = np.arange(len(pictures)) * n_restarts + distances.argmin(axis=1)
    return Projection(z[best], images[best], distances.min(axis=1))


def rms(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the root mean square difference of each pair of images, of 255 levels, (N,)."""
    differences = images.astype(np.float64) - others
    return np.sqrt((differences**2).mean(axis=(1, 2, 3)))


def _descend(gen: Generator, pictures: np.ndarray, z: np.ndarray, n_steps: int, bar) -> np.ndarray:
    targets = _pyramid(gen.device.send(pictures.astype(np.float32) / 127.5 - 1))
    parameter = chainer.Parameter(z.copy())
    parameter.to_device(gen.device)
    parameter.update_rule = chainer.optimizers.Adam(STEP).create_update_rule()
    with chainer.using_config("train", False):
        for _ in range(n_steps):
            loss = sum(
                F.sum(F.mean(F.square(mine - its), axis=(1, 2, 3)))
                for mine, its in zip(_pyramid(gen(parameter)), targets)
            )
            (gradient,) = chainer.grad([loss], [parameter])
            parameter.grad = gradient.array
            parameter.update()
            _pull_back(gen, parameter)
            bar.update()
    return chainer.get_device("@numpy").send(parameter.array)


def _pyramid(x) -> list[chainer.Variable]:
    levels = [x]
    while len(levels) < SCALES and levels[-1].shape[-1] % 2 == 0:
        levels.append(F.average_pooling_2d(levels[-1], 2))
    return levels


def _pull_back(gen: Generator, z: chainer.Parameter) -> None:
    """Bring latents back to where they are drawn from."""
    xp = z.xp
    if gen.z_distribution == "uniform":
        xp.clip(z.array, -1, 1, out=z.array)
    else:
        length = xp.linalg.norm(z.array, axis=1, keepdims=True)
        z.array *= xp.minimum(1, np.sqrt(z.shape[1]) / length)


class Reach(NamedTuple):
    """How near a generator comes to pictures, in RMS levels of 255.

    Attributes:
        training: Median distance over training images.
        held_out: Median distance over images it was not trained on.
        share: Probability that a held-out image lies farther than a training image; 0.5 where
            nothing was memorised (Mann and Whitney's statistic over its largest value).
        n: Images of each kind.
    """

    training: float
    held_out: float
    share: float
    n: int

    @property
    def memorised(self) -> bool:
        """Whether ``share`` is above one half by more than three standard errors."""
        error = np.sqrt((2 * self.n + 1) / (12 * self.n**2))
        return bool(self.share > 0.5 + 3 * error)


def measure_reach(
    gen: Generator,
    training: np.ndarray,
    held_out: np.ndarray,
    rng: np.random.RandomState,
    n_steps: int = 200,
    n_restarts: int = 5,
) -> Reach:
    """Measure how near held-out images can be reached against training images.

    Args:
        gen: The generator.
        training: Images it was trained on, uint8 (N, 3, H, W).
        held_out: As many that it was not trained on.
        rng: Draws the starts; both kinds begin at the same latents.
        n_steps: See :func:`project`.
        n_restarts: See :func:`project`.

    Source: Webster et al. 2019 (arXiv:1901.03396), "Detecting overfitting of deep generative
    networks via latent recovery", section 3.
    """
    state = rng.get_state()
    near = project(gen, training, rng, n_steps, n_restarts).distances
    rng.set_state(state)
    far = project(gen, held_out, rng, n_steps, n_restarts).distances
    wins = (far[:, None] > near).mean() + 0.5 * (far[:, None] == near).mean()
    return Reach(float(np.median(near)), float(np.median(far)), float(wins), len(near))
