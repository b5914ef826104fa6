"""Face images: a named set, a folder or a zip becomes one uint8 array, cached on disk."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from chainer_gan_anime.common.tags import Vocabulary
from chainer_gan_anime.data import drawn
from chainer_gan_anime.data.pictures import (
    SUFFIXES,
    PictureFolder,
    PictureZip,
    UnreadablePictureError,
    load_picture,
    open_pictures,
)
from chainer_gan_anime.data.tags import read_tags
from crawler.shared.errors import UserError
from crawler.shared.files import remove_leftovers, replacing

MAX_UNREADABLE_SHARE = 0.01
CACHE_VERSION = 2  # grows when the same files, or the drawing, give another array or record

SAMPLE_NAME = "sample"
SAMPLE_COUNT = 4000
SAMPLE_SEED = 0


@dataclasses.dataclass(frozen=True)
class FaceImages:
    """A loaded set.

    Attributes:
        images: uint8 (N, 3, H, W), RGB, in the order of the files' names.
        source: Where they came from, for the user's eyes.
        digest: SHA-256 of the array: what decides whether two runs saw the same data.
        unreadable: Why each picture that was left out could not be read, by its name.
        tags: uint8 (N, T), 1 where an image has a tag; None if they were not asked for.
        vocabulary: The names of those tags.
    """

    images: np.ndarray
    source: str
    digest: str
    unreadable: Mapping[str, str] = dataclasses.field(default_factory=dict)
    tags: np.ndarray | None = None
    vocabulary: Vocabulary | None = None


def load_faces(
    dataset: str,
    image_size: int,
    data_root: str | os.PathLike | None = None,
    cache: bool = True,
    tagged: bool = False,
) -> FaceImages:
    """Load a set as one array, from the cache if the files are as they were.

    Args:
        dataset: A name under the data root, a folder, a zip, or ``'sample'``, which is drawn.
        image_size: Height and width in pixels that the images are brought to: the largest
            centred square, shrunk or enlarged by an antialiasing filter.
        data_root: Where named sets lie; by default ``$ANIME_DATA_ROOT``, else ``datasets``.
        cache: Whether to read and write the array in the user's cache folder.
        tagged: Whether to give the images' tags too; the drawn ones' are exact, others' come
            from a file (:mod:`chainer_gan_anime.data.tags`).

    Raises:
        UserError: The name is unknown, nothing is in it, over 1 % of it cannot be read, or
            tags are missing.
    """
    if tagged:
        return _with_tags(load_faces(dataset, image_size, data_root, cache), dataset, data_root)
    if dataset == SAMPLE_NAME:
        source = "the drawn sample set"
        pictures, fingerprint = None, f"drawn {SAMPLE_COUNT} {SAMPLE_SEED}"
    else:
        place = find_dataset(dataset, data_root)
        pictures = open_pictures(place)
        source, fingerprint = str(place), pictures.fingerprint()
    cache_path = _cache_path(source, image_size)
    fingerprint = f"{CACHE_VERSION} {image_size} {fingerprint}"
    if cache and (cached := _read_cache(cache_path, fingerprint, source)) is not None:
        return cached
    if pictures is None:
        _check_memory(SAMPLE_COUNT, image_size)
        images = drawn.draw_faces(SAMPLE_COUNT, SAMPLE_SEED, image_size)
        unreadable = {}
    else:
        images, unreadable = _decode_all(pictures, image_size, source)
    digest = hashlib.sha256(np.ascontiguousarray(images)).hexdigest()
    faces = FaceImages(images, source, digest, unreadable)
    if cache:
        _write_cache(cache_path, fingerprint, faces)
    return faces


def _with_tags(faces: FaceImages, dataset: str, data_root: str | os.PathLike | None) -> FaceImages:
    """Return the set with its images' tags."""
    if dataset == SAMPLE_NAME:
        tags, vocabulary = drawn.tag_faces(SAMPLE_COUNT, SAMPLE_SEED)
    else:
        place = find_dataset(dataset, data_root)
        names = [name for name in open_pictures(place).names if name not in faces.unreadable]
        tags, vocabulary = read_tags(place, names)
    if len(tags) != len(faces.images):
        raise UserError(
            f"{faces.source} has tags for {len(tags)} pictures and {len(faces.images)} were read: "
            "let nobody change the set meanwhile, and run the command again."
        )
    return dataclasses.replace(faces, tags=tags, vocabulary=vocabulary)


def find_dataset(dataset: str, data_root: str | os.PathLike | None = None) -> Path:
    """Return the folder or zip that ``dataset`` names.

    A set that the crawler built keeps its images in ``faces/`` beside its records; then that
    is the folder returned.

    Raises:
        UserError: There is no such set; the sentence lists those there are.
    """
    root = Path(data_root or os.environ.get("ANIME_DATA_ROOT") or "datasets")
    for place in (root / dataset, Path(dataset)):
        if place.is_dir():
            return place / "faces" if (place / "faces").is_dir() else place
        if place.is_file():
            if not zipfile.is_zipfile(place):
                raise UserError(f"{place} is no zip archive: give a folder or a zip of images.")
            return place
    known = sorted(p.name for p in root.iterdir() if p.is_dir()) if root.is_dir() else []
    raise UserError(
        f"--dataset {dataset} is neither a folder nor a zip nor a set under {root} "
        f"(there: {', '.join([*known, SAMPLE_NAME])}); build one with `python -m crawler "
        "safebooru`, `python -m crawler getchu` or `python -m crawler folder PATH --name NAME`."
    )


def _decode_all(
    pictures: PictureFolder | PictureZip, image_size: int, source: str
) -> tuple[np.ndarray, dict[str, str]]:
    """Decode every picture of a set; leave out what cannot be read, and say why by its name."""
    names = pictures.names
    if not names:
        raise UserError(
            f"{source} holds no pictures ({', '.join(SUFFIXES)}): give a folder or zip of faces."
        )
    _check_memory(len(names), image_size)

    def attempt(name: str) -> np.ndarray | str:
        try:
            return load_picture(pictures, name, image_size)
        except UnreadablePictureError as error:
            return str(error)

    images = np.empty((len(names), 3, image_size, image_size), np.uint8)
    unreadable = {}
    n_read = 0
    for name, result in zip(names, _parallel(attempt, names)):
        if isinstance(result, str):
            unreadable[name] = result
        else:
            images[n_read] = result
            n_read += 1
    if len(unreadable) > MAX_UNREADABLE_SHARE * len(names):
        raise UserError(
            f"{len(unreadable)} of {len(names)} pictures in {source} cannot be read, such as "
            f"{', '.join(describe_unreadable(unreadable)[:3])}: repair or remove them."
        )
    return images[:n_read], unreadable


def describe_unreadable(unreadable: Mapping[str, str]) -> list[str]:
    """Return a picture's name and why it was left out, for the user's eyes, each as a text."""
    return [f"{name} ({reason})" for name, reason in unreadable.items()]


def _check_memory(count: int, image_size: int) -> None:
    """Refuse a set that the machine cannot hold.

    Raises:
        UserError: The array would take more than the machine's memory.
    """
    n_bytes = count * 3 * image_size**2
    if not hasattr(os, "sysconf"):  # Windows
        return
    limit = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if n_bytes > limit:
        raise UserError(
            f"{count} images of {image_size}x{image_size} take {n_bytes / 1e9:.0f} GB, and this "
            f"machine has {limit / 1e9:.0f}: take a smaller --image-size."
        )


def _parallel(function: Callable, names: list[str]) -> Iterator:
    """Map over the names in order; decoders release the GIL, so threads serve."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(function, names)
        yield from tqdm(results, "loading", len(names), unit="image", disable=None)


def cache_folder() -> Path:
    """Return the user's cache folder of this project."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chainer-gan-anime"


def _cache_path(source: str, image_size: int) -> Path:
    # One file per set and size, so that a set that changes replaces its own array.
    key = hashlib.sha256(f"{os.path.abspath(source)} {image_size}".encode()).hexdigest()
    return cache_folder() / "images" / f"{key[:16]}.npz"


def _read_cache(path: Path, fingerprint: str, source: str) -> FaceImages | None:
    try:
        with np.load(path, allow_pickle=False) as cached:
            if str(cached["fingerprint"]) != fingerprint:
                return None
            unreadable = dict(zip(cached["unreadable"].tolist(), cached["reasons"].tolist()))
            return FaceImages(cached["images"], source, str(cached["digest"]), unreadable)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None  # missing or torn: it is written anew


def _write_cache(path: Path, fingerprint: str, faces: FaceImages) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent)
        with replacing(path) as file:
            np.savez(
                file,
                images=faces.images,
                digest=faces.digest,
                unreadable=np.asarray([*faces.unreadable], dtype=str),
                reasons=np.asarray([*faces.unreadable.values()], dtype=str),
                fingerprint=fingerprint,
            )
    except OSError as error:
        print(f"The images could not be cached in {path.parent} ({error.strerror}); going on.")
