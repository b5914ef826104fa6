"""A small crawled and built data set, made once and copied for each test."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crawler.__main__ import main
from crawler.dataset.records import Record
from tests.drawn_standing import draw_standing_picture

N_FIGURES = 10


def snapshot(folder: Path) -> dict[str, str]:
    """The sha256 of every file but the database's."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("archive.")
    }


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Figures, one of them twice (a smaller JPEG), one without a face and one broken."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.RandomState(3)
    for number in range(N_FIGURES):
        rgba, _ = draw_standing_picture(rng, 600)
        Image.fromarray(rgba).save(folder / f"figure{number}.png")
    with Image.open(folder / "figure0.png") as figure:
        ground = Image.new("RGBA", figure.size, "white")
        smaller = Image.alpha_composite(ground, figure).convert("RGB").resize((286, 572))
        smaller.save(folder / "copy.jpg", quality=92)
    Image.new("RGB", (200, 200), "navy").save(folder / "plain.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n no more")
    return folder


@pytest.fixture(scope="session")
def built_once(pictures, tmp_path_factory):
    root = tmp_path_factory.mktemp("datasets")
    command = ["folder", str(pictures), "--data-root", str(root), "--name", "mine"]
    assert main([*command, "--processes", "1", "--profile", "wide"]) == 0
    return root / "mine"


@pytest.fixture
def data_set(built_once, tmp_path):
    """The folder of a built data set that a test may spoil."""
    folder = tmp_path / "root" / "mine"
    shutil.copytree(built_once, folder)
    return folder


@pytest.fixture
def snap():
    return snapshot


@pytest.fixture
def record():
    """A face of a site, with a title that tries what it can."""
    return Record(
        id="0123456789abcdef-0",
        sha256="a" * 64,
        phash="00ff00ff00ff00ff",
        box=(1, 2, 3, 4),
        score=3.25,
        tilt=-15.0,
        profile="tight",
        detector="lbpcascade_animeface",
        detector_sha256="b" * 64,
        image_url="https://site.example/a.jpg",
        image_role="sample",
        image_sha256="0123456789abcdef" * 4,
        image_md5="d" * 32,
        image_bytes=1234,
        image_width=850,
        image_height=1200,
        source="safebooru",
        post_id="77",
        page_url="https://site.example/77",
        title="物語\u2028\x85 & <b>\n",
        tags="1girl solo",
        meta={"score": None},
        group="safebooru:77",
        split="train",
    )
