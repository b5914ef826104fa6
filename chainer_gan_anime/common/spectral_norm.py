"""Spectral normalisation by Chainer's link hook, with a seeded vector and a still mode."""

from __future__ import annotations

import chainer
import numpy as np
from chainer import link_hooks

from chainer_gan_anime.kernels import cpu
from chainer_gan_anime.kernels.cpu import spectral as cpu_spectral
from chainer_gan_anime.kernels.cuda import spectral as cuda_spectral

# The paper's value; Chainer's default of 1e-6 is meant for float16.
EPS = 1e-12


class SpectralNormalization(link_hooks.SpectralNormalization):
    """Chainer's hook, whose vector u comes from a given stream and rests when D is at rest.

    u is a persistent value of the link (``W_u``, float32, one entry per output channel), so it
    is saved with the model; it moves by one power iteration at each forward pass in training.
    While ``chainer.config.in_recomputing`` is set, the passes of the generator's step, u is
    used but not moved.  (Chainer's own hook would take v of the last pass there, which belongs
    to weights of before the last update and is not part of a snapshot.)

    Args:
        rng: Stream that the first u is drawn from.

    Source: Miyato et al. 2018 (SN-GAN), section 2.1 and appendix A.
    """

    def __init__(self, rng: np.random.RandomState):
        super().__init__(eps=EPS)
        self._rng = rng

    def _prepare_parameters(self, link, input_variable=None):
        weight = link.W
        u = self._rng.normal(size=weight.shape[self.axis]).astype(weight.dtype)
        setattr(link, self.vector_name, u)
        link.register_persistent(self.vector_name)
        self._initialized = True

    def normalize_weight(self, link):
        """Return W / sigma as a variable; called by Chainer before each forward pass."""
        moving = chainer.config.train and not chainer.config.in_recomputing
        if link.W.dtype == np.float32 and (link.xp is not np or cpu.are_installed()):
            kernels = cpu_spectral if link.xp is np else cuda_spectral
            return kernels.normalise(link.W, link.W_u, moving)
        with chainer.using_config("in_recomputing", False), chainer.using_config("train", moving):
            return super().normalize_weight(link)
