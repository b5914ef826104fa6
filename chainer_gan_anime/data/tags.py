"""The tags of a set's images, from ``tags.csv``, ``dataset.json`` or the crawler's manifest."""

from __future__ import annotations

import collections
import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chainer_gan_anime.common.tags import Vocabulary
from crawler.dataset.manifest import FILE_NAME as MANIFEST_NAME
from crawler.shared.errors import UserError

TAGS_NAME = "tags.csv"
NVLABS_NAME = "dataset.json"  # of StyleGAN2-ADA's and later data sets

# Rarer tags teach nothing, and one on (nearly) every image neither.
MIN_SHARE = 0.002
MAX_TAGS = 64

_COLOURS = (
    "(aqua|black|blonde?|blue|brown|gr[ae]y|green|hazel|lavender|orange|pink|purple|red|silver|"
    "violet|white|yellow)"
)
# Tags of which an image is to have one: the colours, as boorus and Illustration2Vec call them.
_GROUPS = {
    "hair": re.compile(rf"((light|dark)_)?{_COLOURS}_hair"),
    "eyes": re.compile(rf"((light|dark)_)?{_COLOURS}_eyes"),
}


def read_tags(place: Path, names: Sequence[str]) -> tuple[np.ndarray, Vocabulary]:
    """Read the tags of a folder's or a zip's images.

    ``tags.csv`` has a line for each image: its file, then its tags.  Of NVlabs'
    ``dataset.json`` the labels are read: a class, of which an image has one, or a list of
    numbers, where an image has the tags whose numbers are above a half; the crawler names these
    in ``tags``.  Without either, a crawled set's manifest says what its posts were tagged with.

    Args:
        place: The folder, beside whose images (or beside which, if it is a crawled set's
            ``faces``) the file lies; or the zip that holds it.
        names: The images' names, in the order of the result.

    Returns:
        uint8 (N, T), 1 where an image has a tag, and the tags' vocabulary.

    Raises:
        UserError: There is no such file, it is damaged or of another set, or images are
            missing in it.
    """
    file_name, content = _find(place)
    try:
        tags, groups = _PARSERS[file_name](content.decode())
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise UserError(
            f"{file_name} of {place} is damaged ({error}): a line of tags.csv is a file and its "
            'tags, dataset.json is {"labels": [[file, class], ...]}.'
        ) from None
    missing = [name for name in names if name not in tags]
    if len(missing) == len(names):
        raise UserError(
            f"{file_name} of {place} names none of its {len(names)} images (it begins with "
            f"{next(iter(tags), 'nothing')}, they with {names[0]}): it belongs to another set."
        )
    if missing:
        raise UserError(
            f"{file_name} of {place} has no line for {len(missing)} of {len(names)} images, the "
            f"first of them {missing[0]}: add their tags, or take the images out."
        )
    return _encode([tags[name] for name in names], groups, f"{file_name} of {place}")


def _find(place: Path) -> tuple[str, bytes]:
    """Return the name and the content of the tag file."""
    for name in _PARSERS:
        if place.is_file():
            with zipfile.ZipFile(place) as archive:
                if name in archive.namelist():
                    return name, archive.read(name)
            continue
        folders = [place, place.parent] if place.name == "faces" else [place]
        for folder in folders:
            if (folder / name).is_file():
                return name, (folder / name).read_bytes()
    raise UserError(
        f"{place} has no tags: put {TAGS_NAME} into it (a line for each image: file, tag, tag), "
        "written by hand or by `python experiments/tag.py`."
    )


def _parse_csv(text: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    tags = {}
    for name, *of_image in filter(None, csv.reader(io.StringIO(text))):
        tags[name] = [clean(tag) for tag in of_image if tag.strip()]
    tags.pop("file", None)  # a line of headings
    return tags, {}


def _parse_json(text: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    content, tags, classes = json.loads(text), {}, set()
    names = content.get("tags")
    for name, label in content["labels"]:
        if isinstance(label, list):
            known = names or [f"label_{i}" for i in range(len(label))]
            tags[name] = [clean(tag) for tag, number in zip(known, label) if number > 0.5]
        else:
            tags[name] = [f"class_{int(label)}"]
            classes.add(int(label))
    groups = {"class": [f"class_{i}" for i in sorted(classes)]} if classes else {}
    return tags, groups


def _parse_manifest(text: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    faces = [json.loads(line) for line in text.splitlines()[1:]]  # the first is of the set
    tags = {f"{face['id']}.png": (face["tags"] or "").split() for face in faces}
    return {name: [clean(tag) for tag in of_image] for name, of_image in tags.items()}, {}


_PARSERS = {TAGS_NAME: _parse_csv, NVLABS_NAME: _parse_json, MANIFEST_NAME: _parse_manifest}


def clean(tag: str) -> str:
    """Return a tag as boorus spell it: small letters, underscores."""
    return "_".join(tag.lower().split())


def find_groups(names: Sequence[str]) -> dict[str, list[str]]:
    """Return the hair and the eye colours among tags."""
    return {
        group: sorted(name for name in names if pattern.fullmatch(name))
        for group, pattern in _GROUPS.items()
        if any(map(pattern.fullmatch, names))
    }


def _encode(
    tags: list[list[str]], groups: dict[str, list[str]], source: str
) -> tuple[np.ndarray, Vocabulary]:
    """Choose the tags that can be learnt, order them by group, and encode the images."""
    counts = collections.Counter(tag for of_image in tags for tag in set(of_image))
    low, high = MIN_SHARE * len(tags), (1 - MIN_SHARE) * len(tags)
    ranked = sorted(counts, key=lambda tag: (-counts[tag], tag))
    chosen = [tag for tag in ranked if low <= counts[tag] <= high][:MAX_TAGS]
    if not chosen:
        raise UserError(f"{source} has no tag that some of the images have and others have not.")
    groups = {**groups, **find_groups(chosen)}
    known = set(chosen)
    groups = {
        name: tuple(tag for tag in group if tag in known)
        for name, group in groups.items()
        if len(known & set(group)) > 1
    }
    grouped = [tag for group in groups.values() for tag in group]
    names = (*grouped, *sorted(known - set(grouped)))
    shares = tuple(counts[name] / len(tags) for name in names)
    vocabulary = Vocabulary(names, groups, shares)
    encoded = vocabulary.encode([[tag for tag in of_image if tag in known] for of_image in tags])
    return encoded, vocabulary
