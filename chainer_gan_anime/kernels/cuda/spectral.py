"""Spectral normalisation in five launches a layer and two back, instead of thirteen and more.

Since t . t = u . s, one reduction over s gives both norms; no vector has to be normalised on the
way.
"""

from __future__ import annotations

import chainer
from chainer.backends import cuda

from chainer_gan_anime.kernels.cpu import spectral
from chainer_gan_anime.kernels.cuda.statistics import TWO_SUMS


def normalise(weight: chainer.Variable, u, moving: bool) -> chainer.Variable:
    """Return what :class:`SpectralNormalise` makes of a weight on a device."""
    return SpectralNormalise(u, moving).apply((weight,))[0]


class SpectralNormalise(spectral.SpectralNormalise):
    """The same on a device."""

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

    def _gradient(self, gradient, normalised):
        inner = cuda.reduce(
            "T g, T w", "T inner", "g * w", "a + b", "inner = a", "0", "spectral_inner"
        )(gradient, normalised)
        matrix = gradient.reshape(len(self._s), -1)
        g = cuda.elementwise(
            "T g, T s, T t, T inner, T sigma, T s_norm, T t_norm",
            "T gW",
            "gW = (g - inner * (s / s_norm) * (t / t_norm)) / sigma",
            "spectral_gradient",
        )(
            *(matrix, self._s[:, None], self._t[None]),
            *(inner, self._sigma, self._s_norm, self._t_norm),
        )
        return g.reshape(gradient.shape)
