"""DiffAugment: what D sees, reals and fakes alike, is recoloured, shifted and cut into.

So a D that knows its few thousand images by heart has to judge what it has never seen, and G
learns through the same transformations, which for that reason must be differentiable.

Source: Zhao et al. 2020, "Differentiable augmentation for data-efficient GAN training"
(mit-han-lab/data-efficient-gans, DiffAugment_pytorch.py); the strength that follows D after
Karras et al. 2020, "Training GANs with limited data" (ADA), section 3.1.
"""

from __future__ import annotations

import chainer
import numpy as np

from chainer_gan_anime.common.transformations import Cutout, Recolour, Shift
from chainer_gan_anime.common.workers import ALONE, Workers

N_DRAWS = 10  # uniform numbers an image: seven of the transformations, three of whether
ADAPT_EVERY = 4  # steps of D
RAMP_IMAGES = 500_000  # the strength can go from 0 to 1 within so many images


class Augmentation:
    """Transforms each image of a batch by draws of its own.

    Args:
        policy: Names with commas between: color, translation, cutout.
        rng: The training's stream.
        target: Mean sign of D's logits of reals that the strength is led to, such as 0.6;
            0 for full strength from the start.
        workers: All draw for the whole batch, and each takes its share.

    Attributes:
        strength: Probability with which each kind is applied to an image.
    """

    def __init__(
        self,
        policy: str,
        rng: np.random.RandomState,
        target: float = 0.0,
        workers: Workers = ALONE,
    ):
        self._kinds = policy.split(",")
        self._rng = rng
        self._target = target
        self._workers = workers
        self.strength = 0.0 if target else 1.0
        self._signs = np.zeros((), np.float32)  # summed since the strength last moved
        self._n_steps = 0

    def __call__(self, x):
        """Transform images: of an array (B, 3, H, W) an array, of a variable a variable."""
        draws = self._rng.uniform(size=(self._workers.size * len(x), N_DRAWS))
        draws = self._workers.share(draws).astype(np.float32)
        if isinstance(x, chainer.Variable):
            return self._transform(x, draws)
        with chainer.no_backprop_mode():
            return self._transform(chainer.Variable(x), draws).array

    def _transform(self, x: chainer.Variable, draws: np.ndarray) -> chainer.Variable:
        applied = draws[:, 7:] < self.strength
        height, width = x.shape[2:]

        def send(values):
            return x.device.send(values.reshape(-1, 1, 1, 1))

        if "color" in self._kinds:
            factors = colour_factors(*draws[:, :3].T, applied[:, 0])
            (x,) = Recolour(*map(send, factors)).apply((x,))
        if "translation" in self._kinds:
            down = offsets(draws[:, 3], height, applied[:, 1])
            right = offsets(draws[:, 4], width, applied[:, 1])
            (x,) = Shift(send(down), send(right)).apply((x,))
        if "cutout" in self._kinds:
            size = height // 2
            top = corners(draws[:, 5], height, size, applied[:, 2])
            left = corners(draws[:, 6], width, size, applied[:, 2])
            (x,) = Cutout(send(top), send(left), size).apply((x,))
        return x

    def adapt(self, y_real) -> dict[str, float]:
        """Lead the strength after D's logits of reals, (B, 1); return what is reported.

        Every fourth step it moves by 4 B / 500,000 up if the mean sign is above the target,
        else down.
        """
        if not self._target:
            return {}
        xp = chainer.backend.get_array_module(y_real)
        self._signs = xp.asarray(self._signs) + xp.sign(y_real).mean()
        self._n_steps += 1
        if self._n_steps == ADAPT_EVERY:
            n_images = ADAPT_EVERY * len(y_real) * self._workers.size
            mean = float(self._workers.mean(self._signs)) / ADAPT_EVERY
            step = np.sign(mean - self._target) * n_images / RAMP_IMAGES
            self.strength = float(np.clip(self.strength + step, 0, 1))
            self._signs, self._n_steps = xp.zeros_like(self._signs), 0
        return {"augment_strength": self.strength}

    def serialize(self, serializer) -> None:
        """Save or restore the strength."""
        self.strength = float(serializer("strength", self.strength))
        self._n_steps = int(serializer("n_steps", self._n_steps))
        self._signs = serializer("signs", self._signs)


def colour_factors(brightness, saturation, contrast, applied) -> tuple[np.ndarray, ...]:
    """Return the factors of :class:`Recolour` for draws from U[0, 1), (B,) each.

    Brightness x + (u - 1/2); then saturation (x - c) * 2u + c, c the mean over the channels;
    then contrast (x - m) * (u + 1/2) + m, m the mean of the image, which saturation leaves as
    it was.  One after the other they are one linear map of x, c and m.
    """
    bias, saturation, contrast = brightness - 0.5, 2 * saturation, contrast + 0.5
    factors = (contrast * saturation, contrast * (1 - saturation), 1 - contrast, bias)
    return tuple(
        np.where(applied, factor, rest).astype(np.float32)
        for factor, rest in zip(factors, (1, 0, 0, 0))
    )


def offsets(draws, size: int, applied) -> np.ndarray:
    """Return how many pixels each image moves, int32 (B,): up to an eighth either way."""
    most = int(size / 8 + 0.5)
    return np.where(applied, np.floor(draws * (2 * most + 1)) - most, 0).astype(np.int32)


def corners(draws, size: int, square: int, applied) -> np.ndarray:
    """Return the first row (or column) of each image's square, int32 (B,).

    The centre is uniform over the image, so that the square may reach out of it.
    """
    centres = np.floor(draws * (size + 1 - square % 2))
    return np.where(applied, centres - square // 2, size).astype(np.int32)
