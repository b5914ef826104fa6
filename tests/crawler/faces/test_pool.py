from __future__ import annotations

import pytest

from crawler.faces import FacePool, FaceSettings, cut_faces
from crawler.shared.errors import UserError


@pytest.fixture
def pictures(standing, encode, tmp_path):
    """Good and bad pictures, as paths and as bytes."""
    sources = [b"no picture"]
    for number, (rgba, _) in enumerate(standing):
        path = tmp_path / f"{number}.png"
        path.write_bytes(encode(rgba))
        sources += [path, path.read_bytes()]
    return list(enumerate([*sources, tmp_path / "missing.png"]))


def test_two_processes_give_what_one_gives(pictures):
    settings = FaceSettings(profile="wide", min_face_px=32)
    with FacePool(settings, 1) as one, FacePool(settings, 2) as two:
        expected = list(one.map(pictures))
        assert list(two.map(pictures)) == expected
        assert list(two.map(pictures[:2])) == expected[:2]  # the processes live on
    assert [key for key, _ in expected] == [key for key, _ in pictures]
    assert expected[0][1].reason == expected[-1][1].reason == "unreadable"
    assert sum(len(result.faces) for _, result in expected) >= 14
    assert cut_faces(pictures[1][1], settings) == expected[1][1]


def test_pictures_are_drawn_only_a_little_ahead(pictures):
    drawn = 0

    def endless():
        nonlocal drawn
        while True:
            drawn += 1
            yield drawn, pictures[0][1]

    with FacePool(FaceSettings(), 2) as pool:
        results = pool.map(endless())
        assert [next(results)[0] for _ in range(3)] == [1, 2, 3]
        results.close()
    assert drawn <= 16


def test_a_process_that_dies_is_told(pictures):
    with FacePool(FaceSettings(), 2) as pool:
        results = pool.map(pictures)
        next(results)
        for process in pool._executor._processes.values():
            process.kill()
        with pytest.raises(UserError, match="ended from outside"):
            list(results)


def test_no_process_is_refused():
    with pytest.raises(UserError, match="--processes 0"):
        FacePool(FaceSettings(), 0)
