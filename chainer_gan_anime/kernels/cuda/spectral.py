"""Spectral normalisation in five launches a layer and two back, instead of thirteen and more.

With t = W^T u and s = W t, one power iteration gives v = t / |t| and u' = s / |s|, and
sigma = u'^T W v = |s| / |t|.  Since t . t = u . s, one reduction over s gives both norms; no
vector has to be normalised on the way.
"""

from __future__ import annotations

import chainer
import chainer.functions as F
from chainer import FunctionNode
from chainer.backends import cuda

from chainer_gan_anime.kernels.cuda.statistics import TWO_SUMS


def normalise(weight: chainer.Variable, u, moving: bool) -> chainer.Variable:
    """Return W / sigma(W) after one power iteration from u; gradients pass through sigma.

    Args:
        weight: (oc, ...), float32, on a device; the first axis is that of the matrix's rows.
        u: (oc,), the estimate of the first left singular vector.
        moving: Whether u is moved, in place, to the iteration's result.

    Source: Miyato et al. 2018 (SN-GAN), section 2.1 and appendix A; u and v count as constants.
    """
    return SpectralNormalise(u, moving).apply((weight,))[0]


class SpectralNormalise(FunctionNode):
    """The function behind :func:`normalise`."""

    def __init__(self, u, moving: bool):
        self._u = u
        self._moving = moving

    def forward_gpu(self, inputs):
        """Iterate, and divide the weight."""
        (weight,) = inputs
        matrix = weight.reshape(len(weight), -1)
        self._t = self._u.dot(matrix)
        self._s = matrix.dot(self._t)
        self._sigma, self._s_norm, self._t_norm = cuda.reduce(
            "T s, T u",
            "T sigma, T s_norm, T t_norm",
            "TwoSums(s * s, s * u)",
            "add(a, b)",
            "s_norm = sqrt(a.first), t_norm = sqrt(a.second), sigma = s_norm / t_norm",
            "",
            "spectral_norms",
            reduce_type="TwoSums",
            preamble=TWO_SUMS,
        )(self._s, self._u)
        if self._moving:
            cuda.elementwise("T s, T s_norm", "T u", "u = s / s_norm", "move_u")(
                self._s, self._s_norm, self._u
            )
        self.retain_inputs((0,))
        self.retain_outputs((0,))
        return (weight / self._sigma,)

    def backward(self, indexes, grad_outputs):
        """Back-propagate through W / sigma with u and v held."""
        (gradient,) = grad_outputs
        (normalised,) = self.get_retained_outputs()
        if chainer.config.enable_backprop:
            return (self._gradient_as_graph(gradient, normalised),)
        inner = cuda.reduce(
            "T g, T w", "T inner", "g * w", "a + b", "inner = a", "0", "spectral_inner"
        )(gradient.array, normalised.array)
        matrix = gradient.array.reshape(len(self._s), -1)
        g = cuda.elementwise(
            "T g, T s, T t, T inner, T sigma, T s_norm, T t_norm",
            "T gW",
            "gW = (g - inner * (s / s_norm) * (t / t_norm)) / sigma",
            "spectral_gradient",
        )(
            *(matrix, self._s[:, None], self._t[None]),
            *(inner, self._sigma, self._s_norm, self._t_norm),
        )
        return (chainer.Variable(g.reshape(gradient.shape)),)

    def _gradient_as_graph(self, gradient, normalised):
        """The same of Chainer's functions, for gradients of higher order."""
        u = self._s / self._s_norm
        v = self._t / self._t_norm
        outer = (u[:, None] * v[None]).reshape(gradient.shape)
        (weight,) = self.get_retained_inputs()
        inner = F.broadcast_to(F.sum(gradient * normalised), outer.shape)
        sigma = F.broadcast_to(F.sum(weight * outer), outer.shape)  # u^T W v, along W again
        return (gradient - inner * outer) / sigma
