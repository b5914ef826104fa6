"""How well a run draws by tags: python experiments/control.py RUN --out results/tags.

A small net is taught to read tags on drawn faces; it reads the faces that the run's generator
draws by given tags, and real drawn faces beside them.  Writes a table and two figures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.common.tags import join
from chainer_gan_anime.data import drawn
from chainer_gan_anime.data.dataset import SAMPLE_SEED
from chainer_gan_anime.evaluation.control import Control, measure_control
from chainer_gan_anime.evaluation.tag_reader import load_reader
from chainer_gan_anime.figures.by_tags import draw_over_latents, draw_over_tags
from chainer_gan_anime.figures.grid import save_png
from chainer_gan_anime.flags import FlagParser, add_seed_flag, check_seed
from chainer_gan_anime.runs.generators import load_generator
from crawler.shared.errors import UserError, exits_cleanly
from crawler.shared.files import check_folder, replacing

GROUPS = ("hair", "eyes", "mouth", "glasses")
N_REAL = 2000
SCALE = 2  # of the figures' pixels
SHOWN = (("blonde_hair", "blue_eyes"), ("pink_hair", "open_mouth"), ("black_hair", "glasses"))


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = FlagParser(description=__doc__)
    parser.add_argument(
        "model", type=Path, help="a run's folder, a snapshot, or a generator's npz"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of table and figures")
    parser.add_argument("--n", type=int, default=1200, help="images drawn for each group")
    add_seed_flag(parser)
    arguments = parser.parse_args(argv)
    check_seed(arguments.seed)
    if arguments.n < 24:
        raise UserError(f"--n {arguments.n} is too small: take at least 24.")
    check_folder(arguments.out)
    return arguments


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    gen, name = load_generator(arguments.model)
    real_tags, vocabulary = drawn.tag_faces(N_REAL, SAMPLE_SEED)
    if getattr(gen, "vocabulary", None) is None or gen.vocabulary.names != vocabulary.names:
        raise UserError(
            f"{name} does not draw by the tags of drawn faces, which are what is read: give a "
            "run of --algorithm acgan --dataset sample."
        )
    rng = np.random.RandomState(arguments.seed)

    def draw(tags: np.ndarray) -> np.ndarray:
        return generate(gen, join(gen.make_latents(len(tags), rng), tags))

    image_size = draw(real_tags[:1]).shape[-1]
    results = measure_control(
        draw,
        gen.vocabulary,
        load_reader(image_size).read,
        drawn.draw_faces(N_REAL, SAMPLE_SEED, image_size),
        real_tags,
        GROUPS,
        arguments.n,
        arguments.seed,
    )
    arguments.out.mkdir(parents=True, exist_ok=True)
    table = make_table(results)
    print(table, end="")
    with replacing(arguments.out / "scores.md", "w") as file:
        file.write(table)
    figures = {
        "hair_over_fixed_z.png": draw_over_tags(gen, "hair", 6, arguments.seed),
        "eyes_over_fixed_z.png": draw_over_tags(gen, "eyes", 6, arguments.seed),
        "z_over_fixed_tags.png": draw_over_latents(gen, SHOWN, 12, arguments.seed),
    }
    for file_name, picture in figures.items():
        save_png(arguments.out / file_name, picture.repeat(SCALE, 0).repeat(SCALE, 1))
        print(f"wrote {arguments.out / file_name}")


def make_table(results: list[Control]) -> str:
    """Return the results as a table of Markdown."""
    lines = [
        "| asked for | classes | read back | on real faces | ratio | chance | drawn | real |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.group} | {r.n_classes} | {r.generated:.3f} | {r.real:.3f} | {r.ratio:.2f} "
        f"| {1 / r.n_classes:.2f} | {r.n} | {r.real_n} |"
        for r in results
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
