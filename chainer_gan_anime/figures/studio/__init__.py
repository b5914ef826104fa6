"""The studio: one HTML file in which trained generators draw, without network or server."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from chainer_gan_anime.export.layers import Layers, image_shape, list_layers
from chainer_gan_anime.figures.html_file import fill
from chainer_gan_anime.figures.studio.pack import pack
from crawler.shared.errors import UserError
from crawler.shared.files import replacing

MAX_BYTES = 48 * 2**20  # of all weights as text; browsers still open that without delay
N_DIRECTIONS = 8


def chief_directions(layers: Layers, count: int = N_DIRECTIONS) -> np.ndarray:
    """Return the directions in z that change the first layer's result most.

    They are the eigenvectors of A^T A with the largest eigenvalues, where A is the weight of
    the first layer, here with its normalisation folded in.

    Args:
        layers: A generator's; its first linear layer takes z, and what follows z in its input.
        count: How many.

    Returns:
        float32 (count, n_hidden), of length 1; the largest entry of each is positive.

    Source: Shen and Zhou 2021, "Closed-form factorization of latent semantics in GANs",
    equation 4 (SeFa).
    """
    weight = next(has["weight"] for name, _, has in layers.list if name == "linear")
    weight = weight[:, : layers.inputs["z"]].astype(np.float64)
    _, vectors = np.linalg.eigh(weight.T @ weight)
    chief = vectors.T[::-1][:count]
    largest = np.take_along_axis(chief, np.abs(chief).argmax(axis=1)[:, None], axis=1)
    return (chief * np.sign(largest)).astype(np.float32)


def face_text(z: np.ndarray) -> str:
    """Return a latent (n_hidden,) as the short text that the page takes by Paste."""
    words = np.round(np.asarray(z, np.float64) * 4096).clip(-32768, 32767).astype("<i2")
    return "z" + base64.urlsafe_b64encode(words.tobytes()).decode().rstrip("=")


def describe_generator(
    gen,
    name: str,
    about: dict[str, Any],
    precision: str = "int8",
    steady: np.ndarray | None = None,
) -> dict[str, Any]:
    """Return what the page needs of a generator, as values for JSON.

    Args:
        gen: The generator.
        name: What the page calls it.
        about: ``facts`` and ``scores``, (name, text) each, and ``note``, a sentence on what the
            weights may be used for.
        precision: Of the weights.
        steady: The direction that leads to steady faces
            (:func:`chainer_gan_anime.common.steadiness.find_steady_direction`), along which the
            page can move; it begins with the steadiest 0.3.
    """
    layers = list_layers(gen)
    vocabulary = getattr(gen, "vocabulary", None)  # of generators that draw by tags
    return {
        "name": name,
        "tags": vocabulary
        and {
            "names": list(vocabulary.names),
            "groups": {group: list(names) for group, names in vocabulary.groups.items()},
            "singles": list(vocabulary.singles),
        },
        "z_distribution": gen.z_distribution,
        "size": image_shape(layers)[1],
        "directions": chief_directions(layers).round(5).tolist(),
        "steady": None if steady is None else steady.round(5).tolist(),
        "net": pack(layers, precision),
        "about": about,
    }


def write_studio(path: str | os.PathLike, title: str, generators: Sequence[dict[str, Any]]) -> int:
    """Write the studio: whole or not at all.

    Args:
        path: The file to write or replace.
        title: The page's heading.
        generators: As :func:`describe_generator` returns them; the page begins with the first.

    Returns:
        The file's size in bytes.

    Raises:
        UserError: The weights are more than a page can hold.
    """
    n_bytes = sum(len(one["net"]["data"]) for one in generators)
    if n_bytes > MAX_BYTES:
        raise UserError(
            f"the weights take {n_bytes / 2**20:.0f} MB, and a page can hold "
            f"{MAX_BYTES / 2**20:.0f} MB: give fewer runs, narrower ones, or --weights int8."
        )
    page = fill(
        __package__,
        "studio",
        title,
        {"title": title, "generators": list(generators)},
        ("net", "random", "faces", "gif", "drawing"),
    )
    with replacing(path, "w") as file:
        file.write(page)
    return len(page.encode())
