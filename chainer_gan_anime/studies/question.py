"""Question and Arm: sets that differ in one thing, and how the nets on them are compared.

The two given sets come in twice the size of the nets' images, so that grounds are told from
faces, and tight cuts are made, with pixels to spare.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable

import numpy as np

from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.studies.crops import central, halved, resized, wide_and_tight
from chainer_gan_anime.studies.grounds import (
    border_colours,
    ground_mask,
    with_coloured_grounds,
)
from crawler.shared.errors import UserError

MIN_GROUND_SHARE = 0.05  # of the pixels, for an image to tell something of its ground
_SEED = 0  # of colours and subsets: the sets are the same for every seed of training

View = Callable[[np.ndarray], np.ndarray]


def _as_it_is(images: np.ndarray) -> np.ndarray:
    return images


@dataclasses.dataclass(frozen=True)
class Arm:
    """One of the sets that a question compares.

    Attributes:
        name: What the table calls it.
        images: (N, 3, H, H) uint8, to be trained on.
        view: What is judged of its generated images.
        flags: Flags of ``experiments/train.py`` in which its training differs from the others'.
    """

    name: str
    images: np.ndarray
    view: View = _as_it_is
    flags: tuple[str, ...] = ()

    def faces(self, source: str) -> FaceImages:
        """Return the images as a loaded set."""
        images = np.ascontiguousarray(self.images)
        return FaceImages(images, source, hashlib.sha256(images).hexdigest())


@dataclasses.dataclass(frozen=True)
class Question:
    """A question, and what answers it.

    Attributes:
        name: Of its folder and of its rows in the table.
        text: The question.
        arms: What is compared; the first is the one that the others are compared with.
        real: (N, 3, h, h) uint8 real images of the arms' common view: one yardstick for all.
        scores: Registered scores that compare the arms.
    """

    name: str
    text: str
    arms: tuple[Arm, ...]
    real: np.ndarray
    scores: tuple[str, ...] = ("kid", "prdc", "feature_diversity")


def ask_background(white: np.ndarray, wild: np.ndarray) -> Question:
    """White grounds against the same faces on colours of wild pictures' borders.

    Only faces with enough ground are taken, and only the middle is judged, which holds
    the face and next to no ground.
    """
    shares = np.array([ground_mask(image).mean() for image in white])
    faces = white[shares >= MIN_GROUND_SHARE]
    if not len(faces):
        raise UserError(
            "no image of the white set has a near-white ground at its edge: give --white a set "
            "of faces on white grounds."
        )
    painted = with_coloured_grounds(faces, border_colours(wild), np.random.RandomState(_SEED))
    faces, painted = halved(faces), halved(painted)
    return Question(
        "background",
        "Does a white ground help?",
        (Arm("white", faces, central), Arm("coloured", painted, central)),
        central(faces),
    )


def ask_crop(white: np.ndarray, wild: np.ndarray) -> Question:
    """Wide cuts against tight ones of the same pictures, judged by the part they share.

    What the tight net draws is brought to the size that the face has in the wide cut.  Every
    second face is taken, so that the question costs no more than the others.
    """
    wide, tight = wide_and_tight(white[::2])
    real = central(wide)
    size = real.shape[-1]
    return Question(
        "crop",
        "Does a tighter cut help the face?",
        (Arm("wide", wide, central), Arm("tight", tight, lambda images: resized(images, size))),
        real,
    )


def ask_size(white: np.ndarray, wild: np.ndarray) -> Question:
    """One half of the wild set, and a half and a quarter of that; the yardstick is the other half.

    So none of the nets has seen any of the images that all are judged by.
    """
    wild = halved(wild)
    order = np.random.RandomState(_SEED).permutation(len(wild))
    half = len(wild) // 2
    arms = {"all": half, "half": half // 2, "quarter": half // 4}
    return Question(
        "size",
        "How many faces does it take?",
        tuple(Arm(name, wild[order[:count]]) for name, count in arms.items()),
        wild[order[half:]],
        ("kid", "prdc", "feature_diversity", "whole_face_rate"),
    )


def ask_perturbation(white: np.ndarray, wild: np.ndarray) -> Question:
    """DRAGAN's noise by each pixel's deviation, or by one for all, on white grounds.

    A pixel that is white in every image has no deviation, so there the penalty never looks.
    """
    faces = ask_background(white, wild).arms[0].images
    return Question(
        "perturbation",
        "Should DRAGAN's noise reach white grounds?",
        tuple(Arm(std, faces, flags=(f"--perturb-std={std}",)) for std in ("pixel", "scalar")),
        faces,
        ("kid", "prdc", "feature_diversity", "border", "whole_face_rate"),
    )


QUESTIONS: dict[str, Callable[[np.ndarray, np.ndarray], Question]] = {
    "background": ask_background,
    "crop": ask_crop,
    "size": ask_size,
    "perturbation": ask_perturbation,
}
