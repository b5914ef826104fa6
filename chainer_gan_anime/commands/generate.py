"""Draw with a trained generator: grids, single images, interpolations, animations."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from chainer_gan_anime.common.sampling import draw_latents, generate
from chainer_gan_anime.common.steadiness import (
    MIN_SHARE,
    check_share,
    find_steady_direction,
    move_to_steady,
)
from chainer_gan_anime.common.truncation import (
    MIN_TRUNCATION,
    check_truncation,
    describe_truncation,
)
from chainer_gan_anime.export.from_file import export_onnx
from chainer_gan_anime.figures.animation import load_timeline, save_gif
from chainer_gan_anime.figures.grid import make_grid, save_png
from chainer_gan_anime.figures.interpolation import PATHS, walk
from chainer_gan_anime.flags import (
    FlagParser,
    add_gpu_flag,
    add_seed_flag,
    check_at_least,
    check_seed,
)
from chainer_gan_anime.options import flag_name
from chainer_gan_anime.runs.generators import load_generator
from chainer_gan_anime.runs.ready import find_ready
from chainer_gan_anime.training.place import choose_device
from crawler.shared.errors import UserError, exits_cleanly
from crawler.shared.files import check_folder, make_folder

PICTURES = ("grid", "images", "interpolation", "walk")  # of the generator
# Flags that say what is drawn, and how.
DRAWING = (*PICTURES, "timeline", "tags", "truncation", "steady", "steps", "seed", "out")


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = FlagParser(description=__doc__)
    parser.add_argument(
        "model", type=Path, help="a run's folder, a snapshot, a generator's npz, or demo"
    )
    parser.add_argument(
        "--out", type=Path, help="folder for the pictures (default: samples/ beside the model)"
    )
    add_seed_flag(parser)
    parser.add_argument(
        "--tags",
        metavar="TAG,TAG",
        default="",
        help="what a run of --algorithm acgan is to draw, such as blonde_hair,blue_eyes; "
        "the rest as often as its data has it",
    )
    parser.add_argument(
        "--truncation",
        type=float,
        metavar="T",
        help="less varied faces: normal latents beyond T, such as 1, are drawn anew, "
        f"from {MIN_TRUNCATION}; uniform ones are scaled by T, up to 1 (default: off)",
    )
    parser.add_argument(
        "--steady",
        type=float,
        metavar="SHARE",
        help="fewer broken faces: latents are moved into the share of them around which faces "
        f"change least, such as 0.3, from {MIN_SHARE} (default: off)",
    )
    add_gpu_flag(parser)
    parser.add_argument(
        "--grid", type=int, metavar="N", help="a grid of N x N images (default: 10)"
    )
    parser.add_argument("--images", type=int, metavar="N", help="N single images")
    parser.add_argument("--interpolation", type=int, metavar="N", help="strips between N pairs")
    parser.add_argument(
        "--steps",
        type=int,
        default=10,
        help="images per strip, frames per leg",
    )
    parser.add_argument("--timeline", action="store_true", help="a GIF of the run's previews")
    parser.add_argument("--walk", type=int, metavar="N", help="a GIF of a walk through N latents")
    parser.add_argument(
        "--onnx", type=Path, metavar="FILE", help="write the generator as an ONNX file, no picture"
    )
    arguments = parser.parse_args(argv)
    if arguments.onnx:
        for name in DRAWING:
            if getattr(arguments, name) != parser.get_default(name):
                raise UserError(
                    f"{flag_name(name)} belongs to pictures, and --onnx writes none: leave it "
                    "out, or --onnx."
                )
    check_at_least(arguments, 1, "grid", "images", "interpolation", "steps", "walk")
    check_seed(arguments.seed)
    if arguments.steady is not None:
        check_share(arguments.steady)
    return arguments


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    if arguments.onnx:
        check_folder(arguments.onnx.parent)
        export_onnx(arguments.model, arguments.onnx)
        print(f"wrote {arguments.onnx}")
        return
    model = arguments.model
    out = arguments.out or place_beside(model)
    check_folder(out)
    timeline = gen = None
    if arguments.timeline:
        timeline = load_timeline(model if model.is_dir() else model.parent)
    if timeline is None or any(getattr(arguments, name) for name in PICTURES):
        gen, name = load_generator(model)
        device, sentence = choose_device(arguments.gpu)
        gen.to_device(device)
        print(f"{sentence} Drawing with {name}, seed {arguments.seed}.")
        if arguments.truncation is not None:
            check_truncation(gen, arguments.truncation)
            print(f"Truncated: {describe_truncation(gen, arguments.truncation)}.")
        if arguments.steady is not None:
            print(f"Steady: latents moved into the steadiest {arguments.steady:g} of them.")
    make_folder(out)
    if timeline is not None:
        save_gif(out / "timeline.gif", timeline, frame_ms=150)
        print(f"wrote {out / 'timeline.gif'}")
    if gen is not None:
        draw(arguments, gen, out)


def place_beside(model: Path) -> Path:
    """Return where pictures go: beside the model, or here for one that comes with the package."""
    if find_ready(model) != model:
        return Path("samples")
    return (model if model.is_dir() else model.parent) / "samples"


def draw(arguments: argparse.Namespace, gen, out: Path) -> None:
    """Draw what the flags ask for; each from the same seed, so that each can be had alone."""
    tags = [tag for tag in arguments.tags.split(",") if tag]

    direction = None if arguments.steady is None else find_steady_direction(gen)

    def latents(count: int) -> np.ndarray:
        z = draw_latents(gen, count, arguments.seed, tags, arguments.truncation)
        return z if direction is None else move_to_steady(gen, z, direction, arguments.steady)

    seed = "_".join([f"seed{arguments.seed}", *tags])
    if arguments.truncation is not None:
        seed += f"_truncation{arguments.truncation:g}"
    if arguments.steady is not None:
        seed += f"_steady{arguments.steady:g}"
    nothing_else = not (arguments.images or arguments.interpolation or arguments.walk)
    if arguments.grid or nothing_else:
        n = arguments.grid or 10
        path = out / f"grid_{seed}.png"
        save_png(path, make_grid(generate(gen, latents(n * n)), n))
        print(f"wrote {path}")
    if arguments.images:
        images = generate(gen, latents(arguments.images))
        folder = out / f"images_{seed}"
        folder.mkdir(exist_ok=True)
        for i, image in enumerate(images):
            save_png(folder / f"{i:06}.png", image.transpose(1, 2, 0))
        print(f"wrote {arguments.images} images to {folder}")
    if arguments.interpolation:
        ends = latents(2 * arguments.interpolation)
        t = np.linspace(0, 1, arguments.steps)
        for kind, path_function in PATHS.items():
            strips = [path_function(a, b, t) for a, b in zip(ends[::2], ends[1::2])]
            path = out / f"interpolation_{kind}_{seed}.png"
            save_png(path, make_grid(generate(gen, np.concatenate(strips)), arguments.steps))
            print(f"wrote {path}")
    if arguments.walk:
        images = generate(gen, walk(latents(arguments.walk), arguments.steps))
        frames = images.transpose(0, 2, 3, 1).repeat(4, axis=1).repeat(4, axis=2)
        path = out / f"walk_{seed}.gif"
        save_gif(path, frames)
        print(f"wrote {path}")
