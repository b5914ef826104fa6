"""GANUpdater: the training step that all algorithms share."""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np
from chainer import backend, training
from chainer.dataset import convert

from chainer_gan_anime.common.losses import LOSSES, Loss
from chainer_gan_anime.common.mixed_precision import serialize_loss_scale
from chainer_gan_anime.common.random_state import serialize_random_state
from chainer_gan_anime.common.workers import ALONE, Workers
from chainer_gan_anime.kernels.cuda import statistics


class GANUpdater(training.StandardUpdater):
    """One step of G, then ``n_dis`` steps of D; an algorithm overrides what differs.

    An iteration is, as in upstream's updaters: a batch of real images; in the first of the
    ``n_dis`` rounds a step of G through D; a step of D on the reals and on fakes.  Each step
    asks ``chainer.grad`` for exactly the gradients that it applies: G's step computes none of
    D's weight gradients, and D's step runs on plain arrays, without G's graph.

    Args:
        iterator: ``{'main': it}`` whose ``next()`` gives a float32 batch (B, 3, H, W) in
            [-1, 1] on the device, or, as Chainer's own iterators do, a list of such images.
        optimizer: ``{'opt_gen': ..., 'opt_dis': ...}``, set up with the models.
        models: ``[gen, dis]``, and after them the nets that the algorithm has beside these,
            which it finds as ``self.extra``; each has an optimizer of its own.
        device: Where to train; None leaves the models where they are.
        n_dis: Steps of D per step of G.
        loss: ``'softplus'``, ``'hinge'`` or ``'wasserstein'``: a name in
            :data:`chainer_gan_anime.common.losses.LOSSES`; an algorithm with a loss of its own
            takes that.
        fresh_fakes: Whether the first step of D draws fakes anew from the G just updated (as
            upstream's stdgan does) instead of judging those of G's step again.
        workers: Who else trains these nets; B is then this worker's share of the batch.
        augmentation: Transforms what D sees, reals and fakes, in both steps
            (:class:`chainer_gan_anime.common.augment.Augmentation`); None for nothing.
        regularisers: What is added to D's loss beside the algorithm's penalty
            (:mod:`chainer_gan_anime.common.regularisers`).
        feature_adversary: A second opponent of G
            (:class:`chainer_gan_anime.common.feature_adversary.FeatureAdversary`), or None.

    Attributes:
        own_loss: The algorithm's own pair of losses, if it has one.
        signs: Whether the sign of D's logit says real; a critic's says nothing.
        scalars: Numbers that the algorithm keeps from one iteration to the next, by name, also
            as 0-d arrays of the device; they are saved and restored with the run.

    Reports loss_gen, loss_dis, and of D's step what :meth:`watch` returns.
    """

    own_loss: Loss | None = None

    def __init__(
        self,
        *,
        iterator,
        optimizer,
        models,
        device=None,
        n_dis: int = 1,
        loss: str = "softplus",
        fresh_fakes: bool = False,
        workers: Workers = ALONE,
        augmentation=None,
        regularisers=(),
        feature_adversary=None,
        **kwargs,
    ):
        self.gen, self.dis, *self.extra = models
        self.n_dis = n_dis
        self.loss = self.own_loss or LOSSES[loss]
        self.signs = self.loss.signs
        self.scalars: dict[str, float] = {}
        self.fresh_fakes = fresh_fakes
        self.rng = self.gen.rng
        self.workers = workers
        self.augmentation = augmentation
        self.regularisers = regularisers
        self.feature_adversary = feature_adversary
        self._epoch_detail_before = 0.0
        super().__init__(iterator, optimizer, device=device, **kwargs)

    def update_core(self) -> None:
        """Run one iteration."""
        self._epoch_detail_before = self.epoch_detail
        for i in range(self.n_dis):
            x_real = self.next_batch()
            if i == 0:
                x_fake = self.update_gen(x_real)
            if i > 0 or self.fresh_fakes:
                x_fake = self.draw_fakes(len(x_real))
            self.update_dis(x_real, x_fake)
            if self.feature_adversary is not None:
                self.feature_adversary.update(x_real, x_fake)

    @property
    def previous_epoch_detail(self) -> float:
        """Epochs before this iteration, so that no epoch's end is missed when n_dis > 1."""
        return self._epoch_detail_before

    def next_batch(self):
        """Return the next real images, float32 (B, 3, H, W), on the device."""
        batch = self.get_iterator("main").next()
        if isinstance(batch, list):
            batch = convert.concat_examples(batch, self.input_device)
        return batch

    def draw_hidden(self, batchsize: int):
        """Draw latents on the device, float32 (B, n_hidden, 1, 1)."""
        z = self.gen.make_hidden(batchsize * self.workers.size)
        return self.gen.device.send(self.workers.share(z))

    def draw_fakes(self, batchsize: int):
        """Draw images for D's step, an array (B, 3, H, W); builds no graph of G."""
        with chainer.no_backprop_mode():
            return self.gen(self.draw_hidden(batchsize)).array

    def update_gen(self, x_real):
        """Make G's step and return the fakes it was made on, an array (B, 3, H, W).

        Args:
            x_real: The iteration's first real images, an array (B, 3, H, W); here only their
                number counts.
        """
        x_fake = self.gen(self.draw_hidden(len(x_real)))
        loss = self.loss.gen(self.judge_for_gen(self.augment(x_fake)))
        chainer.report({"loss_gen": loss})
        if self.feature_adversary is not None:
            loss = loss + self.feature_adversary.loss_gen(x_fake)
        apply_gradients(self.get_optimizer("opt_gen"), loss)
        return x_fake.array

    def judge_for_gen(self, x_fake) -> chainer.Variable:
        """Return D's logits (B, 1) in G's step, which leaves all of D as it was."""
        # Tells batch and spectral normalisation that this pass must not move their statistics.
        with chainer.using_config("in_recomputing", True):
            return self.dis(x_fake)

    def image_loss(self, x) -> chainer.Variable:
        """Return G's loss on given images (B, 3, H, W), as the game is watched by."""
        return self.loss.gen(self.dis(x))

    def update_dis(self, x_real, x_fake) -> None:
        """Make D's step on arrays (B, 3, H, W) of real and generated images."""
        x_real, x_fake = self.augment(x_real), self.augment(x_fake)
        y_real, y_fake = self.judge(x_real, x_fake)
        loss = self.loss.dis(y_real, y_fake)
        chainer.report({"loss_dis": loss, **self.watch(y_real.array, y_fake.array)})
        loss = loss + self.penalty(x_real, x_fake)
        for regulariser in self.regularisers:
            if (term := regulariser(self.dis, x_real, y_real, y_fake)) is not None:
                chainer.report({regulariser.name: term})
                loss = loss + term
        if self.augmentation is not None:
            chainer.report(self.augmentation.adapt(y_real.array))
        apply_gradients(self.get_optimizer("opt_dis"), loss)

    def augment(self, x):
        """Return images as D sees them: of an array an array, of a variable a variable."""
        return x if self.augmentation is None else self.augmentation(x)

    def judge(self, x_real, x_fake) -> tuple[chainer.Variable, chainer.Variable]:
        """Return D's logits of reals and fakes, (B, 1) each, in one pass over both.

        One pass equals two where every image is judged for itself; an algorithm whose D
        normalises over the batch overrides this.
        """
        xp = self.dis.xp
        y = self.dis(xp.concatenate([x_real, x_fake]))
        return F.split_axis(y, [len(x_real)], axis=0)  # slices would cost five launches more

    def penalty(self, x_real, x_fake) -> chainer.Variable | float:
        """Return what the algorithm adds to D's loss; nothing here.

        Args:
            x_real: Real images, an array (B, 3, H, W).
            x_fake: The generated ones that D's step judges, likewise.
        """
        return 0.0

    def watch(self, y_real, y_fake) -> dict:
        """Return what is reported of D's step, 0-d arrays left on the device.

        Args:
            y_real: Logits of real images, (B, 1); right when above 0.
            y_fake: Logits of generated images, (B, 1); right when below 0.

        Returns:
            The mean logits (logit_real, logit_fake) and the shares of right signs
            (accuracy_real, accuracy_fake); of a critic, whose signs say nothing, its means
            alone (critic_real, critic_fake).
        """
        if not self.signs:
            return {"critic_real": y_real.mean(), "critic_fake": y_fake.mean()}
        if backend.get_array_module(y_real) is not np:
            logit_real, accuracy_real = statistics.mean_and_share_right(y_real, 1)
            logit_fake, accuracy_fake = statistics.mean_and_share_right(y_fake, -1)
        else:
            logit_real, accuracy_real = y_real.mean(), (y_real > 0).mean()
            logit_fake, accuracy_fake = y_fake.mean(), (y_fake < 0).mean()
        return {
            "logit_real": logit_real,
            "logit_fake": logit_fake,
            "accuracy_real": accuracy_real,
            "accuracy_fake": accuracy_fake,
        }

    def serialize(self, serializer) -> None:
        """Save or restore iterator, models, optimizers and random streams."""
        super().serialize(serializer)
        self._epoch_detail_before = serializer("epoch_detail_before", self._epoch_detail_before)
        serialize_random_state(serializer, "random_state", self.rng)
        for name, value in self.scalars.items():
            self.scalars[name] = float(serializer(name, value))
        if self.augmentation is not None:
            self.augmentation.serialize(serializer["augmentation"])
        for regulariser in self.regularisers:
            regulariser.serialize(serializer[regulariser.name])
        if self.feature_adversary is not None:
            self.feature_adversary.serialize(serializer["feature_adversary"])
        for name, optimizer in self.get_all_optimizers().items():
            if optimizer._loss_scale is not None:
                serialize_loss_scale(serializer[f"loss_scale:{name}"], optimizer)


def apply_gradients(optimizer: chainer.Optimizer, loss: chainer.Variable) -> None:
    """Step ``optimizer`` along the gradient of ``loss`` by its target's parameters alone."""
    set_gradients(optimizer, loss)
    optimizer.update()


def set_gradients(optimizer: chainer.Optimizer, loss: chainer.Variable) -> None:
    """Set the gradient of ``loss`` by the parameters of the optimizer's target; no step yet."""
    params = [param for param in optimizer.target.params() if param.requires_grad]
    scale = optimizer._loss_scale
    chainer.grad([loss], params, set_grad=True, loss_scale=scale)
    for param in params:
        param._loss_scale = scale  # chainer.grad does not tell; the step divides by it
