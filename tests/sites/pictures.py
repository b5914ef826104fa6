"""Pictures that the servers serve: drawn faces, which the detector finds, on drawn grounds."""

from __future__ import annotations

import functools
import io
import struct
import zlib

import numpy as np
from PIL import Image

from chainer_gan_anime.data.drawn import draw_face


@functools.cache
def drawn_face(seed: int) -> Image.Image:
    """A face of its own for every seed, 96x96."""
    return Image.fromarray(draw_face(np.random.RandomState(seed), 96))


@functools.cache
def picture(
    seed: int,
    size: tuple[int, int] = (240, 300),
    faces: tuple[tuple[int, int, int], ...] = ((60, 40, 110),),
    kind: str = "JPEG",
) -> bytes:
    """A picture with faces at (x, y, side) on a ground that differs with the seed."""
    rng = np.random.RandomState(seed)
    rows = np.linspace(0, 1, size[1])[:, None, None]
    ground = 120 + 100 * (rows * rng.rand(3) + (1 - rows) * rng.rand(3))
    image = Image.fromarray(np.broadcast_to(ground, (size[1], size[0], 3)).astype(np.uint8))
    for i, (x, y, side) in enumerate(faces):
        face = drawn_face(seed * 10 + i).resize((side, side), Image.Resampling.LANCZOS)
        image.paste(face, (x, y))
    return encode(image, kind)


def shrunk(data: bytes, width: int) -> bytes:
    """A JPEG's smaller copy, as sites make samples."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    height = round(image.height * width / image.width)
    return encode(image.resize((width, height), Image.Resampling.LANCZOS), "JPEG")


def encode(image: Image.Image, kind: str = "JPEG") -> bytes:
    """A picture's file."""
    file = io.BytesIO()
    image.save(file, kind, **({"quality": 95} if kind == "JPEG" else {}))
    return file.getvalue()


def one_pixel() -> bytes:
    """What sites put where a picture is missing."""
    return encode(Image.new("P", (1, 1)), "GIF")


def decompression_bomb(side: int = 20_000) -> bytes:
    """A PNG of some 50 kB that unpacks to ``side`` squared pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    packer = zlib.compressobj(9)
    row = bytes(1 + side // 8)
    rows = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
