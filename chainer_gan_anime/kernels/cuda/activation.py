"""ReLU and leaky ReLU, forward and backward, that leave images channel-outermost."""

from __future__ import annotations

from chainer.backends import cuda

from chainer_gan_anime.kernels.cuda.layout import apply_elementwise


def leaky_relu(condition, x, slope: float):
    """Return slope * x where ``condition`` is at most 0, x elsewhere, for arrays of one shape."""
    kernel = cuda.elementwise(
        "T condition, T x, T slope",
        "T y",
        "y = condition <= 0 ? (T)(slope * x) : x",
        "leaky_relu",
    )
    return apply_elementwise(kernel, condition, x, slope)


def relu(x):
    """Return max(x, 0)."""
    kernel = cuda.elementwise("T x", "T y", "y = x > 0 ? x : (T)0", "relu")
    return apply_elementwise(kernel, x)


def relu_gradient(y, gy):
    """Return gy where y, the result of :func:`relu`, is above 0, and 0 elsewhere."""
    kernel = cuda.elementwise("T y, T gy", "T gx", "gx = y > 0 ? gy : (T)0", "relu_gradient")
    return apply_elementwise(kernel, y, gy)


def tanh_gradient(y, gy):
    """Return (1 - y * y) * gy, where y is the result of the hyperbolic tangent."""
    kernel = cuda.elementwise("T y, T gy", "T gx", "gx = (1 - y * y) * gy", "tanh_gradient")
    return apply_elementwise(kernel, y, gy)
