"""A plain trainer to compare with: the steps as chainer-gan-lib writes them, on our nets.

It does on purpose what this project does not: stacks each batch from a Python list on the host,
runs D apart for reals and fakes, back-propagates through all of G and D, iterates the spectral
norm at every forward pass, and writes DRAGAN's gradient out by hand, layer by layer.
"""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy as np

from chainer_gan_anime.algorithms.registry import ALGORITHMS, make_generator
from chainer_gan_anime.common.net import Discriminator
from chainer_gan_anime.settings import Settings


class SpectralNormPerForward(chainer.LinkHook):
    """W / sigma(W) with one power iteration before each forward pass, step by step."""

    name = "SpectralNormPerForward"

    def __init__(self):
        self._u: dict[int, object] = {}

    def forward_preprocess(self, args) -> None:
        """Put the normalised weight in the weight's place."""
        link = args.link
        xp = link.xp
        matrix = F.reshape(link.W, (len(link.W), -1))
        u = self._u.get(id(link))
        if u is None:
            u = xp.asarray(np.random.RandomState(0).normal(size=(1, len(matrix))).astype("f"))
        v = _unit(xp.dot(u, matrix.array))
        u = _unit(xp.dot(v, matrix.array.T))
        sigma = F.sum(F.linear(u, F.transpose(matrix)) * v)
        self._u[id(link)] = u
        self._weight = link.W
        shape = (1,) * link.W.ndim
        link.W = link.W / F.broadcast_to(F.reshape(sigma, shape), link.W.shape)

    def forward_postprocess(self, args) -> None:
        """Put the parameter back."""
        args.link.W = self._weight


def _unit(vector):
    return vector / ((vector**2).sum() ** 0.5 + 1e-12)


def judge(dis: Discriminator, x):
    """Return the logits and what every layer was given."""
    inputs = [chainer.as_variable(x)]
    for name in dis.layer_names:
        inputs.append(F.leaky_relu(dis[name](inputs[-1]), dis.slope))
    return dis.l4(inputs[-1]), inputs


def gradient_by_hand(dis: Discriminator, inputs: list):
    """Return the gradient of the logits with respect to the images, as a graph."""
    first, *activations = inputs
    gradient = F.reshape(
        F.matmul(dis.xp.ones((len(first), 1), "f"), dis.l4.W), activations[-1].shape
    )
    for name, activation, before in zip(dis.layer_names[::-1], activations[::-1], inputs[-2::-1]):
        gradient = (activation.array > 0) * gradient + dis.slope * (
            activation.array < 0
        ) * gradient
        layer = dis[name]
        gradient = F.deconvolution_2d(
            gradient, layer.W, None, layer.stride, layer.pad, before.shape[2:]
        )
    return gradient


class ReferenceUpdater(chainer.training.StandardUpdater):
    """One iteration of DRAGAN (``lam`` given) or SN-GAN, written the plain way."""

    def __init__(self, *args, models, n_dis: int, lam: float | None, **kwargs):
        self.gen, self.dis = models
        self.n_dis = n_dis
        self.lam = lam
        super().__init__(*args, **kwargs)

    def update_core(self) -> None:
        """Run one iteration."""
        for i in range(self.n_dis):
            batch = self.get_iterator("main").next()
            x_real = self.gen.xp.asarray([np.asarray(image).astype("f") for image in batch])
            if self.lam is None:
                self._update_sngan(x_real, first=i == 0)
            else:
                self._update_dragan(x_real, first=i == 0)

    def _update_sngan(self, x_real, first: bool) -> None:
        n = len(x_real)
        if first:
            self._update_gen(judge(self.dis, self._draw(n))[0])
        y_real, _ = judge(self.dis, x_real)
        x_fake = self._draw(n)
        y_fake, _ = judge(self.dis, x_fake)
        x_fake.unchain_backward()
        loss = F.sum(F.softplus(-y_real)) / n + F.sum(F.softplus(y_fake)) / n
        self.dis.cleargrads()
        loss.backward()
        self.get_optimizer("opt_dis").update()
        chainer.report({"loss_dis": loss})

    def _update_dragan(self, x_real, first: bool) -> None:
        xp, n = self.gen.xp, len(x_real)
        std = xp.std(x_real, axis=0, keepdims=True)
        noise = xp.random.uniform(0, 1, x_real.shape).astype("f")
        x_perturbed = chainer.Variable(x_real + 0.5 * noise * std)
        y_real, _ = judge(self.dis, x_real)
        x_fake = self._draw(n)
        y_fake, _ = judge(self.dis, x_fake)
        loss = F.sum(F.softplus(-y_real)) / n + F.sum(F.softplus(y_fake)) / n
        _, inputs = judge(self.dis, x_perturbed)
        gradient = gradient_by_hand(self.dis, inputs)
        norm = F.sqrt(F.sum(gradient**2, axis=(1, 2, 3)))
        penalty = self.lam * F.mean_squared_error(norm, xp.ones_like(norm.array))
        if first:
            self._update_gen(y_fake)
        x_fake.unchain_backward()
        self.dis.cleargrads()
        loss.backward()
        penalty.backward()
        self.get_optimizer("opt_dis").update()
        chainer.report({"loss_dis": loss, "loss_gp": penalty})

    def _draw(self, n: int) -> chainer.Variable:
        return self.gen(chainer.Variable(self.gen.xp.asarray(self.gen.make_hidden(n))))

    def _update_gen(self, y_fake) -> None:
        loss = F.sum(F.softplus(-y_fake)) / len(y_fake)
        self.gen.cleargrads()
        loss.backward()
        self.get_optimizer("opt_gen").update()
        chainer.report({"loss_gen": loss})


def make_reference(settings: Settings, images: np.ndarray, device: str) -> ReferenceUpdater:
    """Build the plain trainer's updater for the same settings and images as ours.

    Args:
        settings: DRAGAN's or SN-GAN's.
        images: uint8 (N, 3, H, W).
        device: Where to train.
    """
    gen = make_generator(settings)
    dis = ALGORITHMS[settings.algorithm].discriminators[settings.variant](
        image_size=settings.image_size,
        ch=settings.ch,
        normalisation="none",
        rng=np.random.RandomState(0),
    )
    if settings.algorithm == "sngan":
        for name in [*dis.layer_names, "l4"]:
            dis[name].add_hook(SpectralNormPerForward())
    for model in (gen, dis):
        model.to_device(device)
    scaled = [image.astype(np.float32) / 127.5 - 1 for image in images]
    return ReferenceUpdater(
        {"main": chainer.iterators.SerialIterator(scaled, settings.batch_size)},
        {
            name: chainer.optimizers.Adam(alpha, settings.adam_beta1, settings.adam_beta2).setup(
                model
            )
            for name, model, alpha in (
                ("opt_gen", gen, settings.adam_alpha_gen),
                ("opt_dis", dis, settings.adam_alpha_dis),
            )
        },
        models=(gen, dis),
        n_dis=settings.n_dis,
        lam=settings.options.get("lam"),
    )
