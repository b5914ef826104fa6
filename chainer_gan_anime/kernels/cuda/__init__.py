"""Fewer and better kernel launches for a CUDA device; nothing here runs on the CPU.

Without cuDNN (which CuPy 14 no longer has) Chainer's convolutions, normalisations and optimizer
launch many small kernels and copy every column buffer.  The replacements plug in below the same
links and functions, so nets, snapshots and gradients of any order stay as they are:

* :mod:`.convolution`, :mod:`.activation`, :mod:`.batch_normalization`: put in place by
  :func:`fast_kernels`, for arrays on a device and without cuDNN;
* :class:`.adam.Adam`: one launch per step instead of one per parameter;
* :func:`.spectral.normalise`: spectral normalisation in five launches a layer;
* :mod:`.statistics`: DRAGAN's perturbation and what is reported of the logits.

``experiments/bench/census.py`` counts what that saves.
"""

from chainer_gan_anime.kernels.cuda.patch import KERNELS

install, uninstall = KERNELS.install, KERNELS.uninstall
fast_kernels = KERNELS.switched

__all__ = ["fast_kernels", "install", "uninstall"]
