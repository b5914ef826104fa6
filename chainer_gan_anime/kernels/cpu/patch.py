"""What each of Chainer's functions does while the kernels are switched on."""

from __future__ import annotations

import numpy
from chainer.functions.activation.leaky_relu import LeakyReLU, _LeakyReLUGrad
from chainer.functions.connection.convolution_2d import Convolution2DFunction, Convolution2DGradW
from chainer.functions.connection.deconvolution_2d import Deconvolution2DFunction
from chainer.functions.normalization import batch_normalization
from chainer.optimizers.adam import AdamRule

from chainer_gan_anime.kernels.cpu import adam, normalization
from chainer_gan_anime.kernels.cpu.activation import leaky_relu, leaky_relu_gradient
from chainer_gan_anime.kernels.cpu.allocator import keep_freed_memory
from chainer_gan_anime.kernels.cpu.convolution import convolve, deconvolve, weight_gradient
from chainer_gan_anime.kernels.replacements import Replacements

BatchNormalizationImpl = batch_normalization.GeneralBatchNormalizationImpl


def covered(*arrays: object) -> bool:
    """Whether all are float32 NumPy arrays with something in them (None counts)."""
    return all(
        a is None or (type(a) is numpy.ndarray and a.dtype == numpy.float32 and a.size)
        for a in arrays
    )


def is_plain(node: object) -> bool:
    """Whether a (de)convolution node is without dilation."""
    return node.dy == node.dx == 1


def _convolution(self, x, W, b):
    if not (is_plain(self) and covered(x, W, b)):
        return KERNELS.originals[Convolution2DFunction, "_forward_cpu_core"](self, x, W, b)
    size = self._get_out_size(x.shape, W.shape)
    return (convolve(x, W, b, (self.sy, self.sx), (self.ph, self.pw), size),)


def _deconvolution(self, x, W, b):
    if not (is_plain(self) and covered(x, W, b)):
        return KERNELS.originals[Deconvolution2DFunction, "_forward_cpu_core"](self, x, W, b)
    size = self.outh, self.outw
    return (deconvolve(x, W, b, (self.sy, self.sx), (self.ph, self.pw), size),)


def _weight_gradient(self, x, gy):
    if not (is_plain(self) and covered(x, gy) and self.W_dtype == numpy.float32):
        return KERNELS.originals[Convolution2DGradW, "_forward_cpu_core"](self, x, gy)
    kernel, stride, pad = (self.kh, self.kw), (self.sy, self.sx), (self.ph, self.pw)
    return (weight_gradient(x, gy, kernel, stride, pad),)


def _leaky_relu(self, inputs):
    (x,) = inputs
    if not (covered(x) and 0 < self.slope <= 1):
        return KERNELS.originals[LeakyReLU, "forward_cpu"](self, inputs)
    self.retain_outputs((0,))
    return (leaky_relu(x, self.slope),)


def _leaky_relu_grad(self, inputs):
    (gy,) = inputs
    if not (covered(gy, self.cond) and 0 < self.slope <= 1):
        return KERNELS.originals[_LeakyReLUGrad, "forward_cpu"](self, inputs)
    return (leaky_relu_gradient(self.cond, gy, self.slope),)


def is_per_channel(axis, x, gamma) -> bool:
    """Whether images are normalised by channel, the one case that the kernels know."""
    return axis == (0, 2, 3) and x.ndim == 4 and covered(x, gamma)


def _mean_and_variance(self, axis, gamma, x, xp, interm_dtype):
    if not is_per_channel(axis, x, gamma):
        original = KERNELS.originals[BatchNormalizationImpl, "get_mean_and_var"]
        return original(self, axis, gamma, x, xp, interm_dtype)
    return normalization.mean_and_variance(x)


def _apply_normalization(xp, x, mean, inv_std, gamma, beta):
    """All but ``x`` come expanded, (1, c, 1, 1)."""
    parameters = mean, inv_std, gamma, beta
    if not (covered(x, *parameters) and x.ndim == 4 and mean.shape == (1, x.shape[1], 1, 1)):
        return KERNELS.originals[batch_normalization, "_apply_bn_fwd"](xp, x, *parameters)
    return normalization.normalise(x, *(p.reshape(-1) for p in parameters))


def _normalization_sums(self, axis, gamma, gy, x_hat, xp):
    if not (is_per_channel(axis, gy, gamma) and covered(x_hat)):
        original = KERNELS.originals[BatchNormalizationImpl, "get_ggamma_and_gbeta"]
        return original(self, axis, gamma, gy, x_hat, xp)
    return normalization.sums_of_gradients(x_hat, gy)


def _normalization_backward(
    self, axis, gamma, gy, x, x_layout, xp, expander, mean, inv_std, *rest
):
    if not (is_per_channel(axis, x, gamma) and covered(gy)):
        arguments = axis, gamma, gy, x, x_layout, xp, expander, mean, inv_std, *rest
        return KERNELS.originals[BatchNormalizationImpl, "backward"](self, *arguments)
    one, zero = numpy.ones_like(mean), numpy.zeros_like(mean)
    x_hat = normalization.normalise(x, mean, inv_std, one, zero)
    # By method, because ChainerMN's implementation sums over the workers here.
    gbeta, ggamma = self.get_ggamma_and_gbeta(axis, gamma, gy, x_hat, xp)
    gx = normalization.input_gradient(x_hat, gy, gamma * inv_std, ggamma, gbeta)
    return gx, None, ggamma, gbeta


def _adam(self, param):
    hp, arrays = self.hyperparam, (param.array, param.grad, self.state["m"], self.state["v"])
    plain = not (hp.amsgrad or hp.adabound or hp.weight_decay_rate)
    dense = all(arrays[k].flags.c_contiguous for k in (0, 2, 3))
    if not (plain and dense and param.grad is not None and covered(*arrays)):
        KERNELS.originals[AdamRule, "update_core_cpu"](self, param)
        return
    adam.step(*arrays, self.alpha_t, hp.beta1, hp.beta2, hp.eps, hp.eta)


KERNELS = Replacements(
    {
        (Convolution2DFunction, "_forward_cpu_core"): _convolution,
        (Deconvolution2DFunction, "_forward_cpu_core"): _deconvolution,
        (Convolution2DGradW, "_forward_cpu_core"): _weight_gradient,
        (LeakyReLU, "forward_cpu"): _leaky_relu,
        (_LeakyReLUGrad, "forward_cpu"): _leaky_relu_grad,
        (BatchNormalizationImpl, "get_mean_and_var"): _mean_and_variance,
        (BatchNormalizationImpl, "get_ggamma_and_gbeta"): _normalization_sums,
        (BatchNormalizationImpl, "backward"): _normalization_backward,
        (batch_normalization, "_apply_bn_fwd"): _apply_normalization,
        (AdamRule, "update_core_cpu"): _adam,
    },
    keep_freed_memory,
)
