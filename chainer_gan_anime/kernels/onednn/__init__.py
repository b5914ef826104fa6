"""oneDNN below Chainer's own functions, for training on a CPU where the library is installed.

As with the NumPy kernels the graph, the links and every ``backward`` stay Chainer's; the library
is called through its plain C interface by ctypes, and is loaded when it is first needed.
"""

from chainer_gan_anime.kernels.onednn.patch import KERNELS, fast_kernels

are_installed = KERNELS.are_installed

__all__ = ["are_installed", "fast_kernels"]
