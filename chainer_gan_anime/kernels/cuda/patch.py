"""What each of Chainer's functions does while the kernels are switched on."""

from __future__ import annotations

import numpy
from chainer.backends import cuda
from chainer.functions.activation.leaky_relu import LeakyReLU, _LeakyReLUGrad
from chainer.functions.activation.relu import ReLU, ReLUGrad2
from chainer.functions.activation.tanh import TanhGrad
from chainer.functions.connection.convolution_2d import Convolution2DFunction, Convolution2DGradW
from chainer.functions.connection.deconvolution_2d import Deconvolution2DFunction
from chainer.functions.normalization.batch_normalization import GeneralBatchNormalizationImpl

from chainer_gan_anime.kernels.cuda import activation, batch_normalization, convolution
from chainer_gan_anime.kernels.replacements import Replacements


def _alike(*arrays, dtypes=("float32", "float16")) -> bool:
    """Whether all are device arrays with something in them, of one of the dtypes (None counts)."""
    given = [a for a in arrays if a is not None]
    dtype = given[0].dtype
    return dtype.name in dtypes and all(
        isinstance(a, cuda.ndarray) and a.dtype == dtype and a.size for a in given
    )


def _original(node, method):
    """The method of Chainer that a replacement stands for."""
    cls = next(cls for cls in type(node).__mro__ if (cls, method) in KERNELS.originals)
    return KERNELS.originals[cls, method].__get__(node)


def _geometry(node):
    return (node.sy, node.sx), (node.ph, node.pw), (node.dy, node.dx)


def _convolution(self, x, W, b):
    if not _alike(x, W, b):
        return _original(self, "_forward_gpu_core")(x, W, b)
    size = self._get_out_size(x.shape, W.shape)
    return (convolution.convolve(x, W, b, *_geometry(self), size),)


def _deconvolution(self, x, W, b):
    if not _alike(x, W, b):
        return _original(self, "_forward_gpu_core")(x, W, b)
    return (convolution.deconvolve(x, W, b, *_geometry(self), (self.outh, self.outw)),)


def _weight_gradient(self, x, gy):
    if not (_alike(x, gy) and x.dtype == self.W_dtype):
        return _original(self, "_forward_gpu_core")(x, gy)
    return (convolution.weight_gradient(x, gy, (self.kh, self.kw), *_geometry(self)),)


def _leaky_relu(self, inputs):
    if self.slope < 0:
        return _original(self, "forward_gpu")(inputs)
    self.retain_outputs((0,))
    return (activation.leaky_relu(*inputs, *inputs, self.slope),)


def _leaky_relu_grad(self, inputs):
    return (activation.leaky_relu(self.cond, *inputs, self.slope),)


def _relu(self, inputs):
    if cuda.cudnn_enabled:
        return _original(self, "forward_gpu")(inputs)
    self.retain_outputs((0,))
    return (activation.relu(*inputs),)


def _relu_grad(self, inputs):
    return (activation.relu_gradient(self.b, *inputs),)


def _tanh_grad(self, inputs):
    if cuda.cudnn_enabled:
        return _original(self, "forward_gpu")(inputs)
    self.retain_inputs((0, 1))
    return (activation.tanh_gradient(*inputs),)


def _is_plain(self, x, gamma, axis) -> bool:
    """Whether x is normalised by channel (images) or by unit (vectors), over this batch alone.

    ChainerMN's implementations, subclasses, normalise over the batches of all workers.
    """
    own = type(self) is GeneralBatchNormalizationImpl
    return own and gamma.ndim == 1 and (x.ndim, tuple(axis)) in ((4, (0, 2, 3)), (2, (0,)))


def _batch_normalization(
    self, axis, gamma, x, x_layout, xp, expander, beta, eps, decay, running_mean, running_var
):
    arrays = (x, gamma, beta, running_mean, running_var)
    covered = xp is not numpy and running_mean is not None and x_layout is None
    if not (covered and _is_plain(self, x, gamma, axis) and _alike(*arrays, dtypes=("float32",))):
        return _original(self, "forward")(
            *(axis, gamma, x, x_layout, xp, expander, beta),
            *(eps, decay, running_mean, running_var),
        )
    y, mean, var, inv_std = batch_normalization.normalise(
        x, gamma, beta, eps, running_mean, running_var, decay
    )
    return y, x_layout, running_mean, running_var, mean, var, inv_std, None


def _batch_normalization_grad(
    self, axis, gamma, gy, x, x_layout, xp, expander, mean, inv_std, eps, var, forward_data
):
    covered = xp is not numpy and x_layout is None and _is_plain(self, x, gamma, axis)
    if not (covered and _alike(x, gy, gamma, mean, inv_std, dtypes=("float32",))):
        return _original(self, "backward")(
            *(axis, gamma, gy, x, x_layout, xp, expander),
            *(mean, inv_std, eps, var, forward_data),
        )
    gx, ggamma, gbeta = batch_normalization.gradient(x, gy, gamma, mean, inv_std)
    return gx, x_layout, ggamma, gbeta


KERNELS = Replacements(
    {
        (Convolution2DFunction, "_forward_gpu_core"): _convolution,
        (Deconvolution2DFunction, "_forward_gpu_core"): _deconvolution,
        (Convolution2DGradW, "_forward_gpu_core"): _weight_gradient,
        (LeakyReLU, "forward_gpu"): _leaky_relu,
        (_LeakyReLUGrad, "forward_gpu"): _leaky_relu_grad,
        (ReLU, "forward_gpu"): _relu,
        (ReLUGrad2, "forward_gpu"): _relu_grad,
        (TanhGrad, "forward_gpu"): _tanh_grad,
        (GeneralBatchNormalizationImpl, "forward"): _batch_normalization,
        (GeneralBatchNormalizationImpl, "backward"): _batch_normalization_grad,
    },
    lambda on: convolution.forget_columns(),
)
