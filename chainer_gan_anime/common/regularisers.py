"""What a run may add to D's loss, whatever its algorithm: R1 and LeCam."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np

from chainer_gan_anime.common.mixed_precision import GRADIENT_SCALE
from chainer_gan_anime.common.workers import ALONE, Workers

R1_EVERY = 16  # steps of D
LECAM_DECAY = 0.99
LECAM_START = 1000  # steps of D


class R1:
    """Gradient penalty at real images, every 16th step of D: 16 * gamma / 2 * mean |g|^2.

    g is the gradient of the logit with respect to the image.  The term is part of that step's
    loss; it makes no step of its own, so Adam's constants stay.

    Args:
        gamma: Weight.

    Source: Mescheder et al. 2018, "Which training methods for GANs do actually converge?",
    eq. 9; every 16th step after Karras et al. 2020 (StyleGAN2), section 3.1.
    """

    name = "r1"

    def __init__(self, gamma: float):
        self._gamma = gamma
        self._n_steps = 0

    def __call__(self, dis, x_real, y_real, y_fake) -> chainer.Variable | None:
        """Return the term, or None in the steps between.

        Args:
            dis: The discriminator.
            x_real: Real images as D sees them, an array (B, 3, H, W).
            y_real: Logits of reals, (B, 1).
            y_fake: Logits of fakes, (B, 1).
        """
        self._n_steps += 1
        if self._n_steps % R1_EVERY != 1:
            return None
        x = chainer.Variable(x_real)
        scale = 1.0 if dis.compute_dtype is None else GRADIENT_SCALE
        with chainer.using_config("in_recomputing", True):  # D's statistics have moved already
            (gradient,) = chainer.grad([scale * F.sum(dis(x))], [x], enable_double_backprop=True)
        squares = F.batch_l2_norm_squared(gradient / scale)
        return R1_EVERY * self._gamma / 2 * F.average(squares)

    def serialize(self, serializer) -> None:
        """Save or restore the count of steps."""
        self._n_steps = int(serializer("n_steps", self._n_steps))


class LeCam:
    """Keeps D's logits near the past means of the other side's.

    weight * (mean relu(D(x) - a_F)^2 + mean relu(a_R - D(G(z)))^2), where a_R and a_F are
    running means of the logits of reals and fakes, from step 1,000 on.

    Args:
        weight: Of the term, such as 0.3.
        workers: The means are those of all workers.

    Source: Tseng et al. 2021, "Regularizing GANs under limited data", eq. 5; constants as in
    PyTorch-StudioGAN's SNGAN-DiffAug-LeCam.yaml.
    """

    name = "lecam"

    def __init__(self, weight: float, workers: Workers = ALONE):
        self._weight = weight
        self._workers = workers
        self._n_steps = 0
        self.anchors = np.zeros(2, np.float32)  # a_R, a_F; moves to the device by itself

    def __call__(self, dis, x_real, y_real, y_fake) -> chainer.Variable | None:
        """Return the term, or None in the first steps; see :meth:`R1.__call__`."""
        xp = dis.xp
        means = xp.stack([y_real.array.mean(), y_fake.array.mean()])
        anchors = xp.asarray(self.anchors)
        self.anchors = anchors + (1 - LECAM_DECAY) * (self._workers.mean(means) - anchors)
        self._n_steps += 1
        if self._n_steps <= LECAM_START:
            return None
        of_real, of_fake = self.anchors
        too_real = F.average(F.relu(y_real - of_fake) ** 2)
        too_fake = F.average(F.relu(of_real - y_fake) ** 2)
        return self._weight * (too_real + too_fake)

    def serialize(self, serializer) -> None:
        """Save or restore the means and the count of steps."""
        self._n_steps = int(serializer("n_steps", self._n_steps))
        self.anchors = serializer("anchors", self.anchors)
