"""The augmentation's three transformations of images in one launch each."""

from __future__ import annotations

from chainer.backends import cuda


def recolour(x, own, grey, shift):
    """Return own * x + grey * (mean over the channels of x) + shift.

    Args:
        x: Images (B, 3, H, W), float32.
        own: Factor of each image, (B, 1, 1, 1).
        grey: Factor of its greys, likewise.
        shift: What is added to each of its values, likewise.
    """
    x = cuda.cupy.ascontiguousarray(x)
    y = cuda.cupy.empty_like(x)
    kernel = cuda.elementwise(
        "raw T x, T own, T grey, T shift, int32 area",
        "T y",
        """
        ptrdiff_t red = i - i / area % 3 * area;
        T mean = (x[red] + x[red + area] + x[red + 2 * area]) / 3;
        y = own * x[i] + grey * mean + shift;
        """,
        "recolour",
    )
    return kernel(x, own, grey, shift, x.shape[2] * x.shape[3], y)


def translate(x, down, right):
    """Return images moved by whole pixels, with zeros where nothing came from.

    Args:
        x: Images (B, 3, H, W), float32.
        down: Pixels down, int32 (B, 1, 1, 1).
        right: Pixels to the right, likewise.
    """
    x = cuda.cupy.ascontiguousarray(x)
    y = cuda.cupy.empty_like(x)
    kernel = cuda.elementwise(
        "raw T x, int32 down, int32 right, int32 height, int32 width",
        "T y",
        """
        int row = i / width % height - down;
        int column = i % width - right;
        bool inside = row >= 0 && row < height && column >= 0 && column < width;
        y = inside ? x[i - (ptrdiff_t)down * width - right] : (T)0;
        """,
        "translate",
    )
    return kernel(x, down, right, *x.shape[2:], y)


def cut_out(x, top, left, size: int):
    """Return images with a square of zeros.

    Args:
        x: Images (B, 3, H, W), float32.
        top: First row of the square, int32 (B, 1, 1, 1); it may lie outside.
        left: First column, likewise.
        size: Height and width of the square in pixels.
    """
    x = cuda.cupy.ascontiguousarray(x)
    kernel = cuda.elementwise(
        "T x, int32 top, int32 left, int32 height, int32 width, int32 size",
        "T y",
        """
        int row = i / width % height - top;
        int column = i % width - left;
        bool inside = row >= 0 && row < size && column >= 0 && column < size;
        y = inside ? (T)0 : x;
        """,
        "cut_out",
    )
    return kernel(x, top, left, *x.shape[2:], size)
