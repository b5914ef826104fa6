"""Tag a set's images by a network of your own: python experiments/tag.py FOLDER --model FILE.

Writes tags.csv into the folder (or beside a zip, to be put into it), from which --algorithm
acgan learns.  Illustration2Vec (Caffe) and the WD14 taggers (ONNX) are prepared for by --kind.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from chainer_gan_anime.data.dataset import find_dataset
from chainer_gan_anime.data.tags import TAGS_NAME
from chainer_gan_anime.evaluation.tagger import RECIPES, Tagger, read_names, write_tags
from chainer_gan_anime.flags import FlagParser, add_data_root_flag
from crawler.shared.errors import UserError, exits_cleanly
from crawler.shared.files import check_folder


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = FlagParser(description=__doc__)
    parser.add_argument("dataset", help="a folder, a zip, or a name under the data root")
    parser.add_argument("--model", type=Path, required=True, help=".onnx or .caffemodel file")
    parser.add_argument(
        "--names", type=Path, required=True, help="its tags: .json list, .csv, or one a line"
    )
    parser.add_argument("--kind", choices=tuple(RECIPES), default="wd14", help="how it is fed")
    parser.add_argument("--size", type=int, help="its input in pixels, if not the kind's")
    parser.add_argument("--threshold", type=float, help="probability from which it is believed")
    parser.add_argument("--out", type=Path, help="the file (default: tags.csv of the set)")
    add_data_root_flag(parser)
    return parser.parse_args(argv)


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    arguments = parse(argv)
    recipe = RECIPES[arguments.kind]
    if arguments.size is not None:
        recipe = dataclasses.replace(recipe, input_size=arguments.size)
    if arguments.threshold is not None:
        recipe = dataclasses.replace(recipe, threshold=arguments.threshold)
    place = find_dataset(arguments.dataset, arguments.data_root)
    to = arguments.out or (place if place.is_dir() else place.parent) / TAGS_NAME
    if to.is_dir():
        raise UserError(f"--out {to} is a folder: give a file, such as {to / TAGS_NAME}.")
    check_folder(to.parent)
    if not arguments.model.is_file():
        raise UserError(f"there is no model file {arguments.model}: give --model an existing one.")
    tagger = Tagger(arguments.model, read_names(arguments.names), recipe)
    print(f"wrote the tags of {write_tags(place, tagger, to, recipe.input_size)} images to {to}")


if __name__ == "__main__":
    sys.exit(main())
