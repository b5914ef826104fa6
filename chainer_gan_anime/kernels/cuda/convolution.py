"""Convolution, its transpose and its weight gradient: one gather kernel and one product each.

Chainer's own kernels build columns per image, which the product then needs in another order:
the buffer, 16 times the images for a 4x4 kernel, is copied once more.  These build it in the
order of the product, ``W (oc, c * kh * kw) @ columns (c * kh * kw, n * oh * ow)``.
"""

from __future__ import annotations

from chainer.backends import cuda

from chainer_gan_anime.kernels.cuda.layout import flat_with_steps, from_matrix, to_matrix

Pair = tuple[int, int]

# Back-propagation asks for the weight's gradient right after a convolution with the same images
# (that of a transposed convolution, twice over with DRAGAN's penalty), so their columns are
# kept until the next convolution: (images, geometry, columns), or empty.
_newest_columns: list = []


def forget_columns() -> None:
    """Free the columns that are kept."""
    _newest_columns.clear()


def _columns(x, kernel: Pair, stride: Pair, pad: Pair, dilate: Pair, size: Pair):
    """Gather the windows of images (n, c, h, w) into (c * kh * kw, n * oh * ow)."""
    n, channels, height, width = x.shape
    flat, image_step, channel_step = flat_with_steps(x)
    columns = cuda.cupy.empty((channels * kernel[0] * kernel[1], n * size[0] * size[1]), x.dtype)
    cuda.elementwise(
        "raw T x, int32 n, int32 height, int32 width, int32 image_step, int32 channel_step,"
        "int32 kh, int32 kw, int32 sy, int32 sx, int32 ph, int32 pw, int32 dy, int32 dx,"
        "int32 out_h, int32 out_w",
        "T column",
        """
        int out_x = i % out_w;
        int rest = i / out_w;
        int out_y = rest % out_h;
        rest /= out_h;
        int image = rest % n;
        rest /= n;
        int kx = rest % kw;
        rest /= kw;
        int ky = rest % kh;
        int channel = rest / kh;
        int in_y = out_y * sy - ph + ky * dy;
        int in_x = out_x * sx - pw + kx * dx;
        bool inside = in_y >= 0 && in_y < height && in_x >= 0 && in_x < width;
        column = inside
            ? x[image * image_step + channel * channel_step + in_y * width + in_x] : (T)0;
        """,
        "gather_columns",
    )(
        *(flat, n, height, width, image_step, channel_step),
        *(*kernel, *stride, *pad, *dilate, *size, columns),
    )
    return columns


def _add_columns(columns, b, n: int, kernel: Pair, stride: Pair, pad: Pair, dilate: Pair, sizes):
    """Add up columns (oc * kh * kw, n * h * w) where their windows overlap; the transpose.

    Args:
        sizes: Height and width of the windows' grid and of the output.

    Returns:
        Images (n, oc, height, width), channel-outermost.
    """
    in_h, in_w, height, width = sizes
    out_channels = len(columns) // (kernel[0] * kernel[1])
    images = cuda.cupy.empty((out_channels, n, height, width), columns.dtype)
    bias = columns if b is None else b  # never read without a bias
    cuda.elementwise(
        "raw T columns, raw T bias, bool has_bias, int32 n, int32 in_h, int32 in_w,"
        "int32 height, int32 width, int32 kh, int32 kw, int32 sy, int32 sx, int32 ph, int32 pw,"
        "int32 dy, int32 dx",
        "T y",
        """
        int out_x = i % width;
        int rest = i / width;
        int out_y = rest % height;
        rest /= height;
        int image = rest % n;
        int channel = rest / n;
        float sum = has_bias ? (float)bias[channel] : 0.0f;
        for (int ky = 0; ky < kh; ++ky) {
            int in_y = out_y + ph - ky * dy;
            if (in_y < 0 || in_y >= in_h * sy || in_y % sy != 0) continue;
            in_y /= sy;
            for (int kx = 0; kx < kw; ++kx) {
                int in_x = out_x + pw - kx * dx;
                if (in_x < 0 || in_x >= in_w * sx || in_x % sx != 0) continue;
                in_x /= sx;
                int row = (channel * kh + ky) * kw + kx;
                sum += (float)columns[((row * n + image) * in_h + in_y) * in_w + in_x];
            }
        }
        y = (T)sum;
        """,
        "add_columns",
    )(
        *(columns, bias, b is not None, n, in_h, in_w, height, width),
        *(*kernel, *stride, *pad, *dilate, images),
    )
    return images.transpose(1, 0, 2, 3)


def convolve(x, weight, b, stride: Pair, pad: Pair, dilate: Pair, size: Pair):
    """Two-dimensional convolution (cross-correlation), as ``F.convolution_2d``.

    Args:
        x: Images (n, c, h, w).
        weight: Filters (oc, c, kh, kw).
        b: Bias (oc,) or None.
        stride, pad, dilate: Vertical and horizontal.
        size: Height and width of the output.

    Returns:
        Images (n, oc, *size), channel-outermost.
    """
    forget_columns()  # first, so that its memory serves the next
    geometry = (tuple(weight.shape[2:]), stride, pad, dilate, tuple(size))
    columns = _columns(x, *geometry)
    _newest_columns[:] = x, geometry, columns
    y = weight.reshape(len(weight), -1).dot(columns)
    if b is not None:
        y += b[:, None]
    return from_matrix(y, len(x), *size)


def deconvolve(x, weight, b, stride: Pair, pad: Pair, dilate: Pair, size: Pair):
    """Two-dimensional transposed convolution, as ``F.deconvolution_2d``.

    Args:
        x: Images (n, ic, h, w).
        weight: Filters (ic, oc, kh, kw).
        b: Bias (oc,) or None.
        stride, pad, dilate: Of the convolution that this is the transpose of.
        size: Height and width of the output.

    Returns:
        Images (n, oc, *size), channel-outermost.
    """
    columns = weight.reshape(len(weight), -1).T.dot(to_matrix(x))
    sizes = (*x.shape[2:], *size)
    return _add_columns(columns, b, len(x), weight.shape[2:], stride, pad, dilate, sizes)


def weight_gradient(x, gy, kernel: Pair, stride: Pair, pad: Pair, dilate: Pair):
    """Gradient of a convolution's weight.

    Args:
        x: The convolution's input (n, c, h, w).
        gy: Gradient of its output (n, oc, oh, ow).
        kernel, stride, pad, dilate: The convolution's.

    Returns:
        Array (oc, c, kh, kw).
    """
    geometry = (tuple(kernel), stride, pad, dilate, tuple(gy.shape[2:]))
    if _newest_columns and _newest_columns[0] is x and _newest_columns[1] == geometry:
        columns = _newest_columns[2]
    else:
        columns = _columns(x, *geometry)
    forget_columns()
    return to_matrix(gy).dot(columns.T).reshape(gy.shape[1], x.shape[1], *kernel)
