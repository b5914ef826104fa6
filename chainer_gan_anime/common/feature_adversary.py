"""FeatureAdversary: a second opponent of G, which sees through a pretrained network."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
from chainer import backend

from chainer_gan_anime.common.augment import Augmentation
from chainer_gan_anime.common.feature_discriminator import VIEWS, FeatureDiscriminator
from chainer_gan_anime.common.losses import hinge_loss_dis, hinge_loss_gen
from chainer_gan_anime.common.updater import apply_gradients
from chainer_gan_anime.common.workers import ALONE, Workers

POLICY = "color,translation,cutout"


class FeatureAdversary:
    """Adds the loss against a :class:`FeatureDiscriminator` to G's, and trains its heads.

    Beside D, which goes on as it would alone: D knows every pixel, this one what pictures look
    like, from the first step on.  It sees everything augmented, by turns whole; enlarged twice, of
    half of the batch; and a sixteenth of each image enlarged to its size, the same part of all.
    It plays by the hinge loss, the mean over places and scales, whatever D's loss is.

    Args:
        dis: The discriminator on features.
        optimizer: Steps its heads.
        rng: The training's stream.
        workers: Who else trains these nets.

    Reports loss_gen_features and loss_dis_features.

    Source: Kumari et al. 2022, "Ensembling off-the-shelf models for GAN training", section 3,
    for the losses' sum; :class:`FeatureDiscriminator` for the networks.  The close views are ours.
    """

    def __init__(
        self,
        dis: FeatureDiscriminator,
        optimizer: chainer.Optimizer,
        rng: np.random.RandomState,
        workers: Workers = ALONE,
    ):
        dis.load_network()
        self.dis = dis
        self._optimizer = optimizer
        self._rng = rng
        self._augment = Augmentation(POLICY, rng, workers=workers)
        self._n_steps = 0  # of G
        self._corner = (0, 0)  # of the enlarged part, in pixels
        self._fakes: list | None = None  # what G's step projected, for the step that follows

    def loss_gen(self, x_fake: chainer.Variable) -> chainer.Variable:
        """Return what is added to G's loss, for images (B, 3, H, W)."""
        self._n_steps += 1
        part = VIEWS[self._view()].part
        if part > 1:
            self._corner = tuple(
                self._rng.randint(0, size - size // part + 1) for size in x_fake.shape[2:]
            )
        projected = self._project(x_fake)
        self._fakes = [h.array for h in projected]
        with chainer.using_config("in_recomputing", True):  # spectral norm's vectors rest
            logits = self.dis.judge(projected, self._view())
        loss = sum(hinge_loss_gen(y) for y in logits) / len(logits)
        chainer.report({"loss_gen_features": loss})
        return loss

    def update(self, x_real, x_fake) -> None:
        """Step the heads on arrays (B, 3, H, W) of real and generated images.

        What G's step has just projected is judged once more, in the place of ``x_fake``.
        """
        with chainer.no_backprop_mode():
            reals = [h.array for h in self._project(x_real)]
            if self._fakes is None:
                self._fakes = [h.array for h in self._project(x_fake)]
        xp = backend.get_array_module(x_real)
        both = [xp.concatenate(pair) for pair in zip(reals, self._fakes)]
        self._fakes = None
        logits = self.dis.judge(both, self._view())
        n = len(reals[0])
        loss = sum(hinge_loss_dis(y[:n], y[n:]) for y in logits) / len(logits)
        chainer.report({"loss_dis_features": loss})
        apply_gradients(self._optimizer, loss)

    def _view(self) -> str:
        return list(VIEWS)[self._n_steps % len(VIEWS)]

    def _project(self, x) -> list[chainer.Variable]:
        """Project images as they are seen in this iteration."""
        part, times, sparing = VIEWS[self._view()]
        x = self._augment(x[: -(-len(x) // sparing)])
        if times > 1:
            height, width = (size // part for size in x.shape[2:])
            top, left = self._corner if part > 1 else (0, 0)
            seen = x[:, :, top : top + height, left : left + width]
            x = F.resize_images(seen, (times * height, times * width))
        return self.dis.project(x)

    def serialize(self, serializer) -> None:
        """Save or restore which view is next."""
        self._n_steps = int(serializer("n_steps", self._n_steps))
