"""Adam's step block by block in the cache, to the bit what Chainer's own computes."""

from __future__ import annotations

import numpy

from chainer_gan_anime.kernels.cpu.layout import scratch

BLOCK_VALUES = 1 << 15


def step(
    param: numpy.ndarray,
    grad: numpy.ndarray,
    m: numpy.ndarray,
    v: numpy.ndarray,
    alpha_t: float,
    beta1: float,
    beta2: float,
    eps: float,
    eta: float,
) -> None:
    """Move a parameter and its moments in place.

    Chainer makes some ten passes over each parameter; here its operations, in its order, are
    made on a piece that stays in the cache.

    Args:
        param, m, v: float32, contiguous, of one shape.
        grad: float32, of that shape.
        alpha_t: The step size, corrected for the moments' start at zero.
        beta1, beta2, eps, eta: As in ``chainer.optimizers.Adam``.
    """
    flat = [a.reshape(-1) for a in (param, numpy.ascontiguousarray(grad), m, v)]
    for start in range(0, param.size, BLOCK_VALUES):
        p, g, mean, square = (a[start : start + BLOCK_VALUES] for a in flat)
        work, root = scratch("adam_step", g.shape), scratch("adam_root", g.shape)
        numpy.subtract(g, mean, out=work)
        work *= 1.0 - beta1
        mean += work
        numpy.multiply(g, g, out=work)
        work -= square
        work *= 1.0 - beta2
        square += work
        numpy.sqrt(square, out=root)
        root += eps
        numpy.divide(alpha_t, root, out=root)
        root *= mean
        root *= -eta
        p += root
