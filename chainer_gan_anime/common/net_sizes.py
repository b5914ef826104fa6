"""Which sizes of images and of layers the nets of variants A, B and paper can be built for."""

from __future__ import annotations

from crawler.shared.errors import UserError


def count_stages(image_size: int) -> int:
    """Return how many doublings lead from 4 pixels to ``image_size``."""
    return int(image_size).bit_length() - 3


def check_sizes(variant: str, image_size: int, ch: int) -> None:
    """Say in one sentence why nets of these sizes cannot be built, if they cannot.

    Raises:
        UserError: The image size or the width does not fit the variant.
    """
    if variant == "A":
        if image_size < 8 or image_size & (image_size - 1):
            raise UserError(
                f"--image-size {image_size} does not fit variant A's nets, which double from "
                "4 pixels: take a power of two from 8 on (64 is the article's)."
            )
        narrowest = 1 << (count_stages(image_size) - 1)
    else:
        if image_size < 8 or image_size % 8:
            raise UserError(
                f"--image-size {image_size} does not fit variant {variant}'s nets, which double "
                "three times: take a multiple of 8 (64 is the article's)."
            )
        narrowest = 8
    if ch < narrowest or ch % narrowest:
        raise UserError(
            f"--ch {ch} does not fit {image_size}x{image_size} images: it is halved at every "
            f"stage, so take a multiple of {narrowest} (512 is the article's)."
        )
