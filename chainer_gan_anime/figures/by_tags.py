"""Images by tags: one z under changing tags, and the same tags over changing z."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.sampling import draw_latents, generate
from chainer_gan_anime.common.tags import to_signs
from chainer_gan_anime.figures.grid import make_grid


def draw_over_tags(gen: Generator, group: str, n_rows: int, seed: int = 0) -> np.ndarray:
    """Draw a row for each z, and in it an image for each tag of a group.

    Whatever else the row's images are to have stays as it was drawn for its z.

    Args:
        gen: A generator with tags.
        group: Of its vocabulary, such as ``hair``.
        n_rows: How many z.
        seed: Of z and of the other tags.

    Returns:
        A grid, uint8 (height, width, 3).
    """
    places = gen.vocabulary.indices(gen.vocabulary.groups[group])
    z = np.repeat(draw_latents(gen, n_rows, seed), len(places), axis=0)
    of_group = to_signs(np.tile(np.eye(len(places), dtype=np.uint8), (n_rows, 1)))
    z[:, gen.n_hidden + np.asarray(places)] = of_group
    return make_grid(generate(gen, z), len(places))


def draw_over_latents(
    gen: Generator, tags: Sequence[Sequence[str]], n_columns: int, seed: int = 0
) -> np.ndarray:
    """Draw a row for each list of tags, and in it images of the same many z.

    Args:
        gen: A generator with tags.
        tags: What each row's images are to have.
        n_columns: How many z.
        seed: Of z and of the tags that are not named.

    Returns:
        A grid, uint8 (height, width, 3).
    """
    rows = [draw_latents(gen, n_columns, seed, names) for names in tags]
    return make_grid(generate(gen, np.concatenate(rows)), n_columns)
