"""Find a generator's faces nearest to given pictures: project RUN PICTURE [PICTURE ...]."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from chainer_gan_anime.common.net import Generator
from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.evaluation.projection import Projection, project
from chainer_gan_anime.figures.grid import make_grid, save_png
from chainer_gan_anime.figures.interpolation import slerp
from chainer_gan_anime.figures.studio import face_text
from chainer_gan_anime.flags import FlagParser
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.training.place import choose_device
from crawler.faces.cutter import cut_faces
from crawler.faces.picture import DecodedPicture, UnusablePicture
from crawler.faces.settings import PROFILES, FaceSettings
from crawler.shared.errors import UserError, exits_cleanly

MAX_PIXELS = 100_000_000
MORPH = 6  # faces on the way to the next picture's


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = FlagParser(description=__doc__)
    parser.add_argument("model", type=Path, help="a run's folder, a snapshot, or an npz")
    parser.add_argument("pictures", type=Path, nargs="+", metavar="PICTURE")
    parser.add_argument(
        "--cut",
        choices=sorted(PROFILES),
        help="find the face in each picture and cut it as the crawler does; without it the "
        "largest square about the middle is taken",
    )
    parser.add_argument("--steps", type=int, default=200, help="of Adam (%(default)s)")
    parser.add_argument("--restarts", type=int, default=5, help="starts (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the starts (%(default)s)")
    parser.add_argument(
        "--out", type=Path, default=Path("projection.png"), help="the figure (%(default)s)"
    )
    parser.add_argument("--gpu", "-g", type=int, help="CUDA device; -1 is the CPU")
    arguments = parser.parse_args(argv)
    for flag in ("steps", "restarts"):
        if getattr(arguments, flag) < 1:
            raise UserError(f"--{flag} {getattr(arguments, flag)} is too small: take at least 1.")
    if not 0 <= arguments.seed < 2**32:
        raise UserError(f"--seed {arguments.seed} is out of range: take one from 0 to 4294967295.")
    if arguments.out.is_dir() or not arguments.out.absolute().parent.is_dir():
        raise UserError(f"--out {arguments.out}: give a file in a folder that exists.")
    return arguments


def load_picture(path: Path, size: int, profile: str | None) -> np.ndarray:
    """Return a picture as the generator draws them, uint8 (3, size, size).

    Raises:
        UserError: It is no picture, or holds no face and one was to be cut.
    """
    try:
        if profile is not None:
            found = cut_faces(path, FaceSettings(profile=profile, size=size, all_faces=False))
            if found.reason == "no_face":
                raise UserError(
                    f"no face was found in {path}: give another picture, or one that is cut "
                    "already, without --cut."
                )
            if found.reason:
                raise UnusablePicture(found.reason)
            from_bytes = DecodedPicture(found.faces[0].png, MAX_PIXELS)
            return from_bytes.rgb().transpose(2, 0, 1)
        image = Image.fromarray(DecodedPicture(path, MAX_PIXELS).rgb())
    except (UnusablePicture, OSError) as error:
        raise UserError(f"{path} cannot be read as a picture ({error}): give another.") from None
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    image = image.resize(
        (size, size), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side)
    )
    return np.asarray(image).transpose(2, 0, 1)


def draw_projection(
    gen: Generator, pictures: np.ndarray, found: Projection, other: np.ndarray
) -> np.ndarray:
    """Return the figure, uint8 (height, width, 3): a row for each picture.

    A row has the picture, the face that was found, and a morph to the next picture's face; of
    the last picture to the first's, of a single one to that of the latent ``other``.
    """
    targets = np.roll(found.z, -1, axis=0) if len(found.z) > 1 else other[None]
    steps = np.linspace(0, 1, MORPH + 1)[1:]
    rows = [
        np.concatenate([[picture, face], generate(gen, slerp(z, target, steps))])
        for picture, face, z, target in zip(pictures, found.images, found.z, targets)
    ]
    return make_grid(np.concatenate(rows), MORPH + 2)


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    gen, name = load_generator(arguments.model)
    size = generate(gen, gen.make_hidden(1, np.random.RandomState(0))).shape[-1]
    pictures = np.stack([load_picture(path, size, arguments.cut) for path in arguments.pictures])
    device, sentence = choose_device(arguments.gpu)
    gen.to_device(device)
    print(f"{sentence} Projecting {len(pictures)} pictures onto {name}.")
    rng = np.random.RandomState(arguments.seed)
    found = project(gen, pictures, rng, arguments.steps, arguments.restarts)
    for path, z, distance in zip(arguments.pictures, found.z, found.distances):
        print(f"{path}: {distance:.1f} of 255 levels away; in the studio: {face_text(z)}")
    other = gen.make_hidden(1, rng).reshape(-1)
    save_png(arguments.out, draw_projection(gen, pictures, found, other))
    print(f"wrote {arguments.out}")
