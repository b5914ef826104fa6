from __future__ import annotations

import io
import urllib.error
import urllib.request

import cv2
import pytest

from crawler.faces import cascade
from crawler.shared.errors import UserError


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """No cascade named, cached or installed; returns the true one's path."""
    true = cascade.find_cascade()
    monkeypatch.delenv(cascade.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(cascade, "_installed", lambda: None)
    return true


def test_asked_for_comes_before_the_environment(bare, tmp_path, monkeypatch):
    monkeypatch.setenv(cascade.ENVIRONMENT_VARIABLE, str(tmp_path / "nowhere.xml"))
    assert cascade.find_cascade(bare) == bare
    with pytest.raises(UserError, match="ANIME_FACE_CASCADE names"):
        cascade.find_cascade()


def test_the_cache_is_used(bare, tmp_path):
    cached = tmp_path / "cache" / "chainer-gan-anime" / "lbpcascade_animeface.xml"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(bare.read_bytes())
    assert cascade.find_cascade() == cached


@pytest.mark.parametrize("content", [b"", b"<opencv_storage/>"])
def test_another_file_is_refused(bare, tmp_path, content):
    other = tmp_path / "other.xml"
    other.write_bytes(content)
    with pytest.raises(UserError, match="--cascade names .* is not the face cascade: its sha256"):
        cascade.find_cascade(other)


def test_the_authors_file_is_fetched_once(bare, monkeypatch):
    asked = []

    def urlopen(url, timeout):
        asked.append(url)
        return io.BytesIO(bare.read_bytes())

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    first, second = cascade.find_cascade(), cascade.find_cascade()
    assert first == second == cascade.cache_folder() / "lbpcascade_animeface.xml"
    assert asked == [cascade.CASCADE_URL]


def test_a_wrong_download_is_not_kept(bare, monkeypatch):
    monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: io.BytesIO(b"<html>"))
    with pytest.raises(UserError, match="sent .* is not the face cascade|is not the face cascade"):
        cascade.find_cascade()
    assert not (cascade.cache_folder() / "lbpcascade_animeface.xml").exists()


def test_without_a_network_the_sentence_tells_what_to_do(bare, monkeypatch):
    def urlopen(url, timeout):
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    with pytest.raises(UserError, match="no route.*--cascade"):
        cascade.find_cascade()


def test_opencv_5_is_named(monkeypatch):
    monkeypatch.delattr(cv2, "CascadeClassifier")
    with pytest.raises(UserError, match="no CascadeClassifier.*opencv-python<5"):
        cascade.load_cascade(cascade.find_cascade())
