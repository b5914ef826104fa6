"""What each of Chainer's functions does while oneDNN computes.

Lies over the NumPy kernels, which take what oneDNN does not: shapes that it has no kernel for,
batch normalisation over several workers, and everything in a forked process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import numpy
import threadpoolctl
from chainer.functions.activation.clipped_relu import ClippedReLUGrad2
from chainer.functions.activation.leaky_relu import LeakyReLU, _LeakyReLUGrad
from chainer.functions.activation.relu import ReLUGrad2
from chainer.functions.connection.convolution_2d import Convolution2DFunction, Convolution2DGradW
from chainer.functions.connection.deconvolution_2d import Deconvolution2DFunction
from chainer.functions.math.sum import Sum
from chainer.functions.normalization import batch_normalization

from chainer_gan_anime.kernels import cpu, fusion
from chainer_gan_anime.kernels.cpu.patch import covered, is_per_channel, is_plain
from chainer_gan_anime.kernels.onednn import (
    activation,
    bfloat16,
    convolution,
    normalization,
    primitives,
    winograd,
)
from chainer_gan_anime.kernels.onednn.api import Unsupported, onednn
from chainer_gan_anime.kernels.onednn.layout import is_dense
from chainer_gan_anime.kernels.replacements import Replacements

BatchNormalizationImpl = batch_normalization.GeneralBatchNormalizationImpl


def _covered(*arrays: object) -> bool:
    """Whether oneDNN may take them: float32 NumPy arrays, in the process that loaded it."""
    return covered(*arrays) and primitives.are_usable()


class ActivatedConvolution2D(Convolution2DFunction):
    """A convolution that has applied the activation behind it."""

    def backward(self, indexes, grad_outputs):
        """Go back through the activation, then through the convolution."""
        (y,) = self.get_retained_outputs()
        gradients = self.activation.go_back(y.array, grad_outputs)
        return super().backward(indexes, gradients)


def _convolution(self, x, W, b):
    wish = fusion.wanted()
    if is_plain(self) and _covered(x, W, b):
        arguments = (self.sy, self.sx), (self.ph, self.pw), self._get_out_size(x.shape, W.shape)
        with contextlib.suppress(Unsupported), bfloat16.rounded_once(_copies(self)):
            if wish is None:
                return (convolution.convolve(x, W, b, *arguments, groups=self.groups),)
            y = convolution.convolve(x, W, b, *arguments, wish.activation, self.groups)
            self.__class__, self.activation = ActivatedConvolution2D, wish.activation
            wish.done = True
            self.retain_outputs((0,))
            return (y,)
    name = "_forward_grouped_convolution" if self.groups > 1 else "_forward_cpu_core"
    return KERNELS.originals[Convolution2DFunction, name](self, x, W, b)


def _deconvolution(self, x, W, b):
    if is_plain(self) and _covered(x, W, b):
        arguments = (self.sy, self.sx), (self.ph, self.pw), (self.outh, self.outw), self.groups
        with contextlib.suppress(Unsupported), bfloat16.rounded_once(_copies(self)):
            return (convolution.deconvolve(x, W, b, *arguments),)
    name = "_forward_grouped_convolution" if self.groups > 1 else "_forward_cpu_core"
    return KERNELS.originals[Deconvolution2DFunction, name](self, x, W, b)


def _copies(node: Convolution2DFunction | Deconvolution2DFunction) -> bfloat16.Copies:
    """Return a node's rounded images; its backward pass needs those of its forward pass again."""
    return vars(node).setdefault("copies", {})


def _backward_of(node: type) -> Callable:
    """Return the backward method of a class of nodes, in which gradients are rounded once."""

    def backward(self, indexes, grad_outputs):
        with bfloat16.rounded_once(dict(_copies(self))):
            return KERNELS.originals[node, "backward"](self, indexes, grad_outputs)

    return backward


def _weight_gradient(self, x, gy):
    if is_plain(self) and _covered(x, gy) and self.W_dtype == numpy.float32:
        arguments = (self.kh, self.kw), (self.sy, self.sx), (self.ph, self.pw)
        with contextlib.suppress(Unsupported):
            return (convolution.weight_gradient(x, gy, *arguments),)
    return KERNELS.originals[Convolution2DGradW, "_forward_cpu_core"](self, x, gy)


def _leaky_relu(self, inputs):
    (x,) = inputs
    if not (_covered(x) and is_dense(x) and 0 < self.slope <= 1):
        return KERNELS.originals[LeakyReLU, "forward_cpu"](self, inputs)
    self.retain_outputs((0,))
    return (activation.leaky_relu(x, self.slope),)


def _leaky_relu_grad(self, inputs):
    (gy,) = inputs
    if not (_covered(gy, self.cond) and is_dense(self.cond) and 0 < self.slope <= 1):
        return KERNELS.originals[_LeakyReLUGrad, "forward_cpu"](self, inputs)
    return (activation.gradient(self.cond, gy, fusion.LeakyReLU(self.slope)),)


def _relu_grad(self, inputs):
    (gy,) = inputs
    if not (_covered(gy, self.b) and is_dense(self.b)):
        return KERNELS.originals[ReLUGrad2, "forward_cpu"](self, inputs)
    return (activation.gradient(self.b, gy, fusion.LeakyReLU(0.0)),)


def _clipped_relu_grad(self, inputs):
    (gy,) = inputs
    if not (_covered(gy, self.x) and is_dense(self.x) and self.cap > 0):
        return KERNELS.originals[ClippedReLUGrad2, "forward_cpu"](self, inputs)
    return (activation.gradient(self.x, gy, fusion.ReLU6(float(self.cap))),)


def _sum(self, inputs):
    """As a bias's gradient: over all but the channels."""
    (x,) = inputs
    if not (self.axis == (0, 2, 3) and x.ndim == 4 and not self.keepdims and _covered(x)):
        return KERNELS.originals[Sum, "forward"](self, inputs)
    return (normalization.channel_sums(x),)


def _mean_and_variance(self, axis, gamma, x, xp, interm_dtype):
    if not (is_per_channel(axis, x, gamma) and _covered(x)):
        original = KERNELS.originals[BatchNormalizationImpl, "get_mean_and_var"]
        return original(self, axis, gamma, x, xp, interm_dtype)
    return normalization.mean_and_variance(x)


def _apply_normalization(xp, x, mean, inv_std, gamma, beta):
    """All but ``x`` come expanded, (1, c, 1, 1)."""
    parameters = mean, inv_std, gamma, beta
    if not (_covered(x, *parameters) and x.ndim == 4 and mean.shape == (1, x.shape[1], 1, 1)):
        return KERNELS.originals[batch_normalization, "_apply_bn_fwd"](xp, x, *parameters)
    return normalization.normalise(x, *(p.reshape(-1) for p in parameters))


def _normalization_backward(
    self, axis, gamma, gy, x, x_layout, xp, expander, mean, inv_std, *rest
):
    # Other implementations, subclasses, sum over the workers in between.
    own, average = type(self) is BatchNormalizationImpl, getattr(self, "average", None)
    if not (
        (own or average) and is_per_channel(axis, x, gamma) and _covered(gy, x, mean, inv_std)
    ):
        arguments = axis, gamma, gy, x, x_layout, xp, expander, mean, inv_std, *rest
        return KERNELS.originals[BatchNormalizationImpl, "backward"](self, *arguments)
    gx, ggamma, gbeta = normalization.gradients(x, gy, mean, inv_std, gamma)
    if average:
        scale = gamma * inv_std / (x.size // gamma.size)
        own_sums, (ggamma, gbeta) = (ggamma, gbeta), average(ggamma, gbeta)
        gaps = scale * (own_sums[0] - ggamma), scale * (own_sums[1] - gbeta)
        gx += normalization.normalise(x, mean, inv_std, *gaps)
    return gx, None, ggamma, gbeta


def _when_switched(on: bool) -> None:
    if on:
        onednn()  # says at once what is missing
    primitives.forget()


KERNELS = Replacements(
    {
        (Convolution2DFunction, "_forward_cpu_core"): _convolution,
        (Convolution2DFunction, "_forward_grouped_convolution"): _convolution,
        (Deconvolution2DFunction, "_forward_cpu_core"): _deconvolution,
        (Deconvolution2DFunction, "_forward_grouped_convolution"): _deconvolution,
        (Convolution2DFunction, "backward"): _backward_of(Convolution2DFunction),
        (Deconvolution2DFunction, "backward"): _backward_of(Deconvolution2DFunction),
        (Convolution2DGradW, "_forward_cpu_core"): _weight_gradient,
        (LeakyReLU, "forward_cpu"): _leaky_relu,
        (_LeakyReLUGrad, "forward_cpu"): _leaky_relu_grad,
        (ReLUGrad2, "forward_cpu"): _relu_grad,
        (ClippedReLUGrad2, "forward_cpu"): _clipped_relu_grad,
        (Sum, "forward"): _sum,
        (BatchNormalizationImpl, "get_mean_and_var"): _mean_and_variance,
        (BatchNormalizationImpl, "backward"): _normalization_backward,
        (batch_normalization, "_apply_bn_fwd"): _apply_normalization,
    },
    _when_switched,
)


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS compute by one thread inside a ``with`` block, unless it shares oneDNN's threads.

    After each product, threads of its own spin for some 20 ms and take the processor from
    oneDNN's; what is left to BLAS (linear layers, spectral normalisation) is little.
    """
    blas = threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers
    own = [(lib, lib.num_threads) for lib in blas if lib.threading_layer != "openmp"]
    for lib, _ in own:
        lib.set_num_threads(1)
    try:
        yield
    finally:
        for lib, threads in own:
            lib.set_num_threads(threads)


@contextlib.contextmanager
def fast_kernels(rounded: bool = False) -> Iterator[None]:
    """Compute by oneDNN, over the NumPy kernels, inside a ``with`` block.

    Args:
        rounded: Whether products read their factors rounded to bfloat16.

    Raises:
        Missing: There is no oneDNN that can be used.
    """
    onednn()
    choices = bfloat16.factors(rounded), winograd.where_it_pays()
    with one_blas_thread(), cpu.fast_kernels(), KERNELS.switched(), choices[0], choices[1]:
        yield
