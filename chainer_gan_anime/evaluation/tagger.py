"""Tagger: writes the tags of a folder's or a zip's images, as a user's network sees them."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from chainer_gan_anime.data.pictures import UnreadablePictureError, load_picture, open_pictures
from chainer_gan_anime.data.tags import clean, find_groups
from chainer_gan_anime.evaluation.networks.resize import resize
from crawler.shared.errors import UserError
from crawler.shared.files import make_folder, replacing

_BATCH = 16


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How a kind of tagger wants its images, and when it is believed.

    Attributes:
        input_size: Height and width in pixels.
        mean: What is taken off each channel, in BGR; pixels are 0..255.
        channels_last: Whether images are (H, W, C).
        threshold: Probability from which a tag is believed.
        layer: Whose output is read; None takes the last.
    """

    input_size: int
    mean: tuple[float, float, float]
    channels_last: bool
    threshold: float
    layer: str | None = None


# Both take BGR, and give a probability for each tag.
RECIPES = {
    "i2v": Recipe(224, (164.76139251, 167.47864617, 181.13838569), False, 0.25, "prob"),
    "wd14": Recipe(448, (0.0, 0.0, 0.0), True, 0.35),
}


def read_names(path: Path) -> list[str]:
    """Return the tags that a network's outputs stand for, in their order.

    Args:
        path: A ``.json`` list (Illustration2Vec's tag_list.json), a ``.csv`` with a column
            ``name`` (WD14's selected_tags.csv), or text with a tag a line.

    Raises:
        UserError: It cannot be read as one of them.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            names = json.loads(text)
        elif path.suffix == ".csv":
            names = [row["name"] for row in csv.DictReader(io.StringIO(text))]
        else:
            names = text.splitlines()
        return [clean(name) for name in names]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} cannot be read as names of tags ({error}): give a .json list, a .csv with a "
            "column name, or text with a tag a line."
        ) from None


class Tagger:
    """A network that OpenCV runs, and the names of its outputs.

    Args:
        model: An ``.onnx`` file, or a ``.caffemodel`` with its ``.prototxt`` beside it.
        names: Its outputs' tags.
        recipe: How it wants its images.

    Raises:
        UserError: OpenCV cannot read it.
    """

    def __init__(self, model: Path, names: list[str], recipe: Recipe):
        try:
            if model.suffix == ".caffemodel":
                self._net = cv2.dnn.readNetFromCaffe(
                    str(model.with_suffix(".prototxt")), str(model)
                )
            else:
                self._net = cv2.dnn.readNetFromONNX(str(model))
        except cv2.error as error:
            raise UserError(
                f"OpenCV cannot read {model} ({error.err}): give an .onnx file, or a .caffemodel "
                "whose .prototxt lies beside it."
            ) from None
        self._model, self._recipe = model, recipe
        self.names = names
        self._groups = [[names.index(n) for n in group] for group in find_groups(names).values()]

    def read(self, images: np.ndarray) -> np.ndarray:
        """Return each tag's probability, float32 (B, T), of uint8 images (B, 3, H, W), RGB."""
        recipe = self._recipe
        x = resize(images[:, ::-1], recipe.input_size)
        x = x - np.asarray(recipe.mean, np.float32)[:, None, None]
        if recipe.channels_last:
            x = x.transpose(0, 2, 3, 1)
        try:
            self._net.setInput(np.ascontiguousarray(x))
            y = self._net.forward(recipe.layer) if recipe.layer else self._net.forward()
        except cv2.error as error:
            raise UserError(
                f"{self._model} does not run on {recipe.input_size} px images ({error.err}): "
                f"take another --kind ({', '.join(RECIPES)}) or --size."
            ) from None
        y = y.reshape(len(images), -1)
        if y.shape[1] != len(self.names):
            raise UserError(
                f"{self._model} gives {y.shape[1]} numbers for {len(self.names)} names: give the "
                "list of names that belongs to it."
            )
        return y

    def choose(self, probabilities: np.ndarray) -> list[list[str]]:
        """Return images' tags: those believed, and of hair and eye colours the likeliest alone.

        Source: Jin et al. 2017, section 3.2, as in the first author's code.
        """
        chosen = probabilities >= self._recipe.threshold
        for group in self._groups:
            best = np.asarray(group)[probabilities[:, group].argmax(1)]
            chosen[:, group] = False
            chosen[np.arange(len(chosen)), best] = True
        return [[n for n, on in zip(self.names, row) if on] for row in chosen]


def write_tags(place: Path, tagger: Tagger, to: Path, image_size: int) -> int:
    """Write ``tags.csv`` of all readable images; return how many lines it has.

    Args:
        place: A folder or a zip of images.
        tagger: What sees the tags.
        to: The file; its folder is made if it is not there.
        image_size: Height and width in pixels that images are brought to first.
    """
    rows = []
    names, images = [], []

    def flush() -> None:
        if images:
            tags = tagger.choose(tagger.read(np.stack(images)))
            rows.extend([name, *of_image] for name, of_image in zip(names, tags))
            names.clear()
            images.clear()

    pictures = open_pictures(place)
    for name in tqdm(pictures.names, "tagging", unit="image", disable=None):
        try:
            images.append(load_picture(pictures, name, image_size))
        except UnreadablePictureError:
            continue  # the data set leaves it out, too
        names.append(name)
        if len(images) == _BATCH:
            flush()
    flush()
    make_folder(to.parent)
    with replacing(to, "w") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return len(rows)
