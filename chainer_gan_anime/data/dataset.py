"""Face images: a named set, a folder or a zip becomes one uint8 array, cached on disk."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from chainer_gan_anime.common.tags import Vocabulary
from chainer_gan_anime.data import drawn
from chainer_gan_anime.data.tags import read_tags
from crawler.shared.errors import UserError
from crawler.shared.files import remove_leftovers, replacing

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")  # decoders that strangers' files may reach
MAX_PIXELS = 64_000_000  # a larger picture is refused before it is decoded
MAX_FILE_BYTES = 256_000_000
MAX_UNREADABLE_SHARE = 0.01
CACHE_VERSION = 1  # grows when the same files, or the drawing, give another array

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
        unreadable: Name and reason of each picture that was left out.
        tags: uint8 (N, T), 1 where an image has a tag; None if they were not asked for.
        vocabulary: The names of those tags.
    """

    images: np.ndarray
    source: str
    digest: str
    unreadable: tuple[str, ...] = ()
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
        source = f"{SAMPLE_COUNT} drawn faces"
        pictures, fingerprint = None, f"drawn {SAMPLE_COUNT} {SAMPLE_SEED}"
    else:
        place = find_dataset(dataset, data_root)
        pictures = _Zip(place) if place.is_file() else _Folder(place)
        source, fingerprint = str(place), pictures.fingerprint()
    cache_path = _cache_path(source, image_size)
    fingerprint = f"{CACHE_VERSION} {image_size} {fingerprint}"
    if cache and (cached := _read_cache(cache_path, fingerprint, source)) is not None:
        return cached
    if pictures is None:
        images = drawn.draw_faces(SAMPLE_COUNT, SAMPLE_SEED, image_size)
        unreadable = ()
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
        left_out = {entry.rpartition(" (")[0] for entry in faces.unreadable}
        names = [name for name, _ in read_pictures(place) if name not in left_out]
        tags, vocabulary = read_tags(place, names)
    return dataclasses.replace(faces, tags=tags, vocabulary=vocabulary)


def read_pictures(place: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Yield the name of each picture of a folder or zip, and what reads its bytes."""
    pictures = _Zip(place) if place.is_file() else _Folder(place)
    for name in pictures.names:
        yield name, functools.partial(pictures.read, name)


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


class _Folder:
    """The pictures of a folder and its subfolders."""

    def __init__(self, path: Path):
        self._path = path
        self._files: dict[str, os.stat_result] = {}
        for folder, subfolders, files in os.walk(path):
            subfolders[:] = [name for name in subfolders if not name.startswith(".")]
            for entry in files:
                file = Path(folder, entry)
                if file.suffix.lower() in SUFFIXES and not entry.startswith("."):
                    self._files[file.relative_to(path).as_posix()] = file.stat()
        self.names = sorted(self._files)

    def fingerprint(self) -> str:
        facts = [(n, self._files[n].st_size, self._files[n].st_mtime_ns) for n in self.names]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def read(self, name: str) -> bytes:
        if self._files[name].st_size > MAX_FILE_BYTES:
            raise ValueError(f"over {MAX_FILE_BYTES // 10**6} MB")
        return (self._path / name).read_bytes()


class _Zip:
    """The pictures of a zip; members are read in memory, so their names never become paths."""

    def __init__(self, path: Path):
        self._path = path
        self._zip = zipfile.ZipFile(path)
        self.names = sorted(
            info.filename
            for info in self._zip.infolist()
            if not info.is_dir() and Path(info.filename).suffix.lower() in SUFFIXES
        )

    def fingerprint(self) -> str:
        stat = self._path.stat()
        return f"{stat.st_size} {stat.st_mtime_ns}"

    def read(self, name: str) -> bytes:
        if self._zip.getinfo(name).file_size > MAX_FILE_BYTES:
            raise ValueError(f"over {MAX_FILE_BYTES // 10**6} MB")
        return self._zip.read(name)


def decode(data: bytes, image_size: int) -> np.ndarray:
    """Decode one picture to uint8 (3, image_size, image_size), RGB.

    The EXIF turn is applied; alpha goes on white; grey and palette become RGB; another size is
    cut to its largest centred square and resized with Lanczos, which antialiases.

    Raises:
        ValueError, OSError: It is no picture, torn, or over :data:`MAX_PIXELS`.
    """
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise ValueError(f"{picture.width}x{picture.height} is over the pixel cap")
        picture = ImageOps.exif_transpose(picture)
        if picture.mode.startswith("I"):  # 16-bit grey, which convert() would clip
            picture = Image.fromarray((np.asarray(picture) / 257).astype(np.uint8))
        if picture.has_transparency_data:
            picture = picture.convert("RGBA")
            ground = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(ground, picture)
        picture = picture.convert("RGB")
        if picture.size != (image_size, image_size):
            picture = ImageOps.fit(picture, (image_size, image_size), Image.Resampling.LANCZOS)
        return np.asarray(picture).transpose(2, 0, 1)


def _decode_all(
    pictures: _Folder | _Zip, image_size: int, source: str
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Decode every picture of a set; leave out and name what cannot be read."""
    names = pictures.names
    if not names:
        raise UserError(
            f"{source} holds no pictures ({', '.join(SUFFIXES)}): give a folder or zip of faces."
        )

    def attempt(name: str) -> np.ndarray | str:
        try:
            return decode(pictures.read(name), image_size)
        except Exception as error:  # decoders raise nearly anything on a crafted file
            return f"{name} ({type(error).__name__}: {error})"

    images = np.empty((len(names), 3, image_size, image_size), np.uint8)
    unreadable = []
    n_read = 0
    for result in _parallel(attempt, names):
        if isinstance(result, str):
            unreadable.append(result)
        else:
            images[n_read] = result
            n_read += 1
    if len(unreadable) > MAX_UNREADABLE_SHARE * len(names):
        raise UserError(
            f"{len(unreadable)} of {len(names)} pictures in {source} cannot be read, such as "
            f"{', '.join(unreadable[:3])}: repair or remove them."
        )
    return images[:n_read], tuple(unreadable)


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
            unreadable = tuple(cached["unreadable"].tolist())
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
                unreadable=np.asarray(faces.unreadable, dtype=str),
                fingerprint=fingerprint,
            )
    except OSError as error:
        print(f"The images could not be cached in {path.parent} ({error.strerror}); going on.")
