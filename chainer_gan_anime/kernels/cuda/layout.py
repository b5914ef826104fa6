"""Channel-outermost memory: images of shape (n, c, h, w) whose bytes lie in the order c, n, h, w.

In this order images are a matrix (c, n * h * w) without a copy.  It is what a convolution is
multiplied by and what comes out of the product, and a sum per channel runs over one stretch of
memory.  Chainer sees arrays of its own shape whose strides differ.
"""

from __future__ import annotations

from chainer.backends import cuda

TO_CHANNELS = (1, 0, 2, 3)  # its own inverse


def to_matrix(x):
    """Return images (n, c, h, w) as a matrix (c, n * h * w), copied only if they must be."""
    channels = x.transpose(TO_CHANNELS)
    return cuda.cupy.ascontiguousarray(channels).reshape(len(channels), -1)


def from_matrix(matrix, n: int, height: int, width: int):
    """Return the (n, c, height, width) view of a matrix (c, n * height * width)."""
    return matrix.reshape(-1, n, height, width).transpose(TO_CHANNELS)


def flat_with_steps(x):
    """Return a contiguous array of the images' elements, and where to find them in it.

    Returns:
        The array, and the number of elements from one image to the next, and from one channel
        to the next, for images in Chainer's order or in this one.
    """
    n, c, height, width = x.shape
    if x.flags.c_contiguous:
        return x, c * height * width, height * width
    return to_matrix(x), height * width, n * height * width


def apply_elementwise(kernel, *args):
    """Run an elementwise kernel; its result lies channel-outermost if it has four dimensions.

    Args:
        kernel: A ``cupy.ElementwiseKernel`` with one output.
        *args: Arrays of one shape, and scalars.
    """
    if not any(getattr(arg, "ndim", 0) == 4 for arg in args):
        return kernel(*args)
    views = (a.transpose(TO_CHANNELS) if getattr(a, "ndim", 0) == 4 else a for a in args)
    return kernel(*views).transpose(TO_CHANNELS)
