"""Finding nagadomi's cascade, lbpcascade_animeface.xml, and making sure that it is the one.

The file (MIT licence) is not part of this repository.  It is looked for where a user may have
put it, then in an installed package that carries it, and fetched from its author at last.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import urllib.request
from pathlib import Path

import cv2

from crawler.shared.errors import UserError
from crawler.shared.files import replacing

CASCADE_NAME = "lbpcascade_animeface"
CASCADE_SHA256 = "9376d30ac38db6bda2a68b88b3b76bbd7e6aa33af47f7f5c76bc88ca75f1ce30"
CASCADE_BYTES = 246_945
CASCADE_URL = (
    "https://raw.githubusercontent.com/nagadomi/lbpcascade_animeface/master/"
    "lbpcascade_animeface.xml"
)
ENVIRONMENT_VARIABLE = "ANIME_FACE_CASCADE"
_DISTRIBUTION, _DISTRIBUTED = "danbooru-utility", "danbooru/lbpcascade_animeface.xml"


def find_cascade(asked_for: str | os.PathLike | None = None) -> Path:
    """Where the cascade lies: asked for, environment, cache, installed package, its author.

    Args:
        asked_for: The file named with ``--cascade``; no other is tried then.

    Returns:
        A file whose sha256 is :data:`CASCADE_SHA256`.

    Raises:
        UserError: If a named file is missing or is not the cascade, or if none is found and
            the author's cannot be fetched.
    """
    named = asked_for or os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        by = "--cascade" if asked_for else ENVIRONMENT_VARIABLE
        return _verified(Path(named).expanduser(), f"the file that {by} names")
    cached = cache_folder() / f"{CASCADE_NAME}.xml"
    if cached.exists():
        return _verified(cached, "the file in the cache, which may be deleted to get it anew,")
    installed = _installed()
    if installed is not None:
        return _verified(installed, f"the file of the installed {_DISTRIBUTION}")
    return _download(cached)


def load_cascade(path: Path) -> cv2.CascadeClassifier:
    """The classifier, ready to use.

    Raises:
        UserError: If OpenCV has no cascades any more or cannot read the file.
    """
    require_cascades()
    cascade = cv2.CascadeClassifier(str(path))
    if cascade.empty():
        raise UserError(
            f"OpenCV {cv2.__version__} could not read the face cascade {path}: install "
            "opencv-python 4.8 or later, below 5."
        )
    return cascade


def require_cascades() -> None:
    """Say clearly that OpenCV 5 cannot run a cascade, before anything else goes wrong."""
    if not hasattr(cv2, "CascadeClassifier"):
        raise UserError(
            f"OpenCV {cv2.__version__} has no CascadeClassifier, which finds the faces: "
            'install one that has it, pip install "opencv-python<5".'
        )


def cache_folder() -> Path:
    """Where files fetched for the user are kept (XDG_CACHE_HOME, else ~/.cache)."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "chainer-gan-anime"


def _verified(path: Path, described: str) -> Path:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{described} as the face cascade, {path}, cannot be read "
            f"({error.strerror}): name the file lbpcascade_animeface.xml."
        ) from error
    _verify(content, f"{described} {path}")
    return path


def _verify(content: bytes, described: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != CASCADE_SHA256:
        raise UserError(
            f"{described} is not the face cascade: its sha256 is {found[:16]}... and should be "
            f"{CASCADE_SHA256[:16]}...; get lbpcascade_animeface.xml from {CASCADE_URL}."
        )


def _installed() -> Path | None:
    """The copy in the wheel of danbooru-utility, which is never imported."""
    try:
        distribution = importlib.metadata.distribution(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return None
    path = Path(distribution.locate_file(_DISTRIBUTED))
    return path if path.exists() else None


def _download(to: Path) -> Path:
    try:
        with urllib.request.urlopen(CASCADE_URL, timeout=30) as answer:
            content = answer.read(2 * CASCADE_BYTES)
    except OSError as error:
        raise UserError(
            f"the face cascade is nowhere on this machine and could not be fetched from "
            f"{CASCADE_URL} ({error}): put it there by hand and name it with --cascade."
        ) from error
    _verify(content, f"what {CASCADE_URL} sent")
    to.parent.mkdir(parents=True, exist_ok=True)
    with replacing(to) as file:
        file.write(content)
    return to
