"""PNG files whose bytes depend on the pixels alone, on every machine.

A manifest promises the sha256 of each face, also to those who make the set again elsewhere.
What zlib squeezes pixels into differs between its versions and its faster forks, so nothing is
squeezed here: the pixels are stored as they are, 12.4 kB for a face of 64x64 (compressed: 8.6).
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

_BLOCK_BYTES = 65_535  # the most that a stored block can hold


def encode_png(rgb: np.ndarray) -> bytes:
    """Encode a picture.

    Args:
        rgb: uint8 (H, W, 3).
    """
    height, width = rgb.shape[:2]
    lines = np.zeros((height, 1 + 3 * width), np.uint8)  # each begins with its filter: none
    lines[:, 1:] = rgb.reshape(height, 3 * width)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
            _chunk(b"IDAT", _stored(lines.tobytes())),
            _chunk(b"IEND", b""),
        ]
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def _stored(content: bytes) -> bytes:
    """A zlib stream of stored blocks (RFC 1950, 1951)."""
    parts = [b"\x78\x01"]
    for start in range(0, len(content), _BLOCK_BYTES):
        block = content[start : start + _BLOCK_BYTES]
        is_last = start + len(block) == len(content)
        parts += [struct.pack("<BHH", is_last, len(block), len(block) ^ 0xFFFF), block]
    return b"".join([*parts, struct.pack(">I", zlib.adler32(content))])
