"""Deconvolution of kernel 4, stride 2 and padding 1 to few channels, as a 3x3 convolution.

oneDNN computes sixteen channels at a time, and a deconvolution to the three of an image leaves
thirteen of them idle.  Here the four outputs that belong to an input pixel are channels of one
convolution, whose result is then laid out as an image ("sub-pixel" form: Shi et al.,
arXiv:1609.07009).  Its 3x3 windows hold 4 taps of the 16 and 5 zeros for each output.
"""

from __future__ import annotations

import numpy

from chainer_gan_anime.kernels.onednn.layout import empty_channels_last

# Up to here it is faster by a third or more; with 8 by a tenth, and with 16 slower.
MAX_CHANNELS = 4
# Output 2q + r sees, through tap k, the input q + d: (r, k) to the window's place d + 1.
PLACES = {(0, 3): 0, (0, 1): 1, (1, 2): 1, (1, 0): 2}


def is_covered(channels: int, kernel: tuple, stride: tuple, pad: tuple, size: tuple) -> bool:
    """Whether a deconvolution to ``channels`` images of an even ``size`` is better done so."""
    geometry = kernel, stride, pad
    even = not any(length % 2 for length in size)
    return channels <= MAX_CHANNELS and geometry == ((4, 4), (2, 2), (1, 1)) and even


def window_weight(weight: numpy.ndarray) -> numpy.ndarray:
    """Return the convolution's weight (4 * oc, ic, 3, 3) for a deconvolution's (ic, oc, 4, 4).

    Its channels are the row's residue, the column's residue and oc, in this order.
    """
    in_channels, out_channels, _, _ = weight.shape
    windows = numpy.zeros((2, 2, out_channels, in_channels, 3, 3), numpy.float32)
    swapped = weight.transpose(1, 0, 2, 3)
    for (ry, ky), y in PLACES.items():
        for (rx, kx), x in PLACES.items():
            windows[ry, rx, :, :, y, x] = swapped[:, :, ky, kx]
    return windows.reshape(4 * out_channels, in_channels, 3, 3)


def interleave(phases: numpy.ndarray) -> numpy.ndarray:
    """Lay out the convolution's (n, 4 * oc, h, w), channels last, as images (n, oc, 2h, 2w)."""
    n, channels, h, w = phases.shape
    y = empty_channels_last(n, channels // 4, 2 * h, 2 * w)
    # NumPy copies a record at once, but an axis of a few floats float by float.
    pair = numpy.dtype((numpy.void, channels // 2 * phases.itemsize))
    rows = y.transpose(0, 2, 3, 1).reshape(n * h, 2, w, -1).view(pair)
    pairs = phases.transpose(0, 2, 3, 1).reshape(n * h, w, 2, -1).view(pair)
    rows[...] = pairs.transpose(0, 2, 1, 3)
    return y
