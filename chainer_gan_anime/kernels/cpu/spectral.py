"""Spectral normalisation as one node of the graph instead of ten.

With t = W^T u and s = W t, one power iteration gives v = t / |t| and u' = s / |s|, and
sigma = u'^T W v = |s| / |t|.
"""

from __future__ import annotations

import chainer
import chainer.functions as F
import numpy
from chainer import FunctionNode


class SpectralNormalise(FunctionNode):
    """W / sigma(W) after one power iteration from u; gradients pass through sigma.

    Its input is a weight (oc, ...), float32, whose first axis is that of the matrix's rows.

    Args:
        u: (oc,), the estimate of the first left singular vector.
        moving: Whether u is moved, in place, to the iteration's result.

    Source: Miyato et al. 2018 (SN-GAN), section 2.1 and appendix A; u and v count as constants.
    """

    def __init__(self, u, moving: bool):
        self._u = u
        self._moving = moving

    def forward_cpu(self, inputs):
        """Iterate, and divide the weight."""
        (weight,) = inputs
        matrix = weight.reshape(len(weight), -1)
        self._t = self._u.dot(matrix)
        self._s = matrix.dot(self._t)
        self._s_norm, self._t_norm = numpy.linalg.norm(self._s), numpy.linalg.norm(self._t)
        self._sigma = self._s_norm / self._t_norm
        if self._moving:
            numpy.divide(self._s, self._s_norm, out=self._u)
        self.retain_inputs((0,))
        self.retain_outputs((0,))
        return (weight / self._sigma,)

    def backward(self, indexes, grad_outputs):
        """Back-propagate through W / sigma with u and v held."""
        (gradient,) = grad_outputs
        (normalised,) = self.get_retained_outputs()
        if chainer.config.enable_backprop:
            return (self._gradient_as_graph(gradient, normalised),)
        return (chainer.Variable(self._gradient(gradient.array, normalised.array)),)

    def _gradient(self, gradient, normalised):
        """Return (g - <g, W / sigma> u v^T) / sigma, all arrays."""
        inner = numpy.vdot(gradient, normalised)
        left = self._s * (inner / (self._s_norm * self._sigma))
        result = gradient.reshape(len(left), -1) / self._sigma
        result -= numpy.outer(left, self._t / self._t_norm)
        return result.reshape(gradient.shape)

    def _gradient_as_graph(self, gradient, normalised):
        """The same of Chainer's functions, for gradients of higher order."""
        u = self._s / self._s_norm
        v = self._t / self._t_norm
        outer = (u[:, None] * v[None]).reshape(gradient.shape)
        (weight,) = self.get_retained_inputs()
        inner = F.broadcast_to(F.sum(gradient * normalised), outer.shape)
        sigma = F.broadcast_to(F.sum(weight * outer), outer.shape)  # u^T W v, along W again
        return (gradient - inner * outer) / sigma


def normalise(weight: chainer.Variable, u: numpy.ndarray, moving: bool) -> chainer.Variable:
    """Return what :class:`SpectralNormalise` makes of a weight on the host."""
    return SpectralNormalise(u, moving).apply((weight,))[0]
