"""Faster NumPy kernels below Chainer's own functions and links, for training on a CPU.

``install()`` replaces what a few of Chainer's function nodes compute on float32 NumPy arrays and
nothing else: the graph, the links, every ``backward`` (so differentiating twice) stay Chainer's.
Whatever a kernel does not cover (groups, dilation, other dtypes, other devices) runs Chainer's
code as before.
"""

from chainer_gan_anime.kernels.cpu.patch import KERNELS

install, uninstall, are_installed = KERNELS.install, KERNELS.uninstall, KERNELS.are_installed
fast_kernels = KERNELS.switched

__all__ = ["are_installed", "fast_kernels", "install", "uninstall"]
