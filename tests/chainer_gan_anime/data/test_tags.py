import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.data.dataset import load_faces
from crawler.shared.errors import UserError

LINES = """file,tags
a.png,Blonde hair,blue_eyes,1girl
b.png,brown_hair,smile,1girl
sub/c.png,blonde_hair,smile,1girl

d.png,1girl
"""
NAMES = ("blonde_hair", "brown_hair", "blue_eyes", "smile")


@pytest.fixture
def folder(tmp_path):
    """Four pictures with tags."""
    place = tmp_path / "set"
    (place / "sub").mkdir(parents=True)
    for i, name in enumerate(["a", "b", "sub/c", "d"]):
        Image.new("RGB", (8, 8), (40 * i, 0, 0)).save(place / f"{name}.png")
    (place / "tags.csv").write_text(LINES)
    return place


def check(faces):
    assert set(faces.vocabulary.names) == set(NAMES)  # what all have teaches nothing
    assert faces.vocabulary.groups == {"hair": ("blonde_hair", "brown_hair")}
    places = faces.vocabulary.indices(NAMES)
    # In the order of the names: a, b, d, sub/c.
    expected = [[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 1]]
    np.testing.assert_array_equal(faces.tags[:, places], expected)
    np.testing.assert_allclose(np.array(faces.vocabulary.shares)[places], [0.5, 0.25, 0.25, 0.5])


def test_a_folders_tags(folder):
    check(load_faces(str(folder), 8, tagged=True))
    check(load_faces(str(folder), 8, tagged=True))  # from the cache
    assert load_faces(str(folder), 8).tags is None


def test_a_zips_tags(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in folder.rglob("*.*"):
            archive.write(path, path.relative_to(folder).as_posix())
    check(load_faces(str(tmp_path / "set.zip"), 8, tagged=True))


def test_a_crawled_sets_tags_lie_beside_its_faces(folder, tmp_path):
    (tmp_path / "crawled").mkdir()
    folder.rename(tmp_path / "crawled" / "faces")
    (tmp_path / "crawled/faces/tags.csv").rename(tmp_path / "crawled/tags.csv")
    check(load_faces(str(tmp_path / "crawled"), 8, tagged=True))


def test_nvlabs_classes_are_one_group(folder):
    (folder / "tags.csv").unlink()
    labels = [["a.png", 1], ["b.png", 0], ["sub/c.png", 1], ["d.png", 2]]
    (folder / "dataset.json").write_text(json.dumps({"labels": labels}))
    faces = load_faces(str(folder), 8, tagged=True)
    assert faces.vocabulary.groups == {"class": ("class_0", "class_1", "class_2")}
    np.testing.assert_array_equal(faces.tags, [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]])


def test_the_crawlers_export_and_its_manifest(folder):
    (folder / "tags.csv").unlink()
    names = ["a.png", "b.png", "sub/c.png", "d.png"]
    labels = list(zip(names, [[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 1], [0, 0, 0, 0]]))
    content = {"labels": labels, "tags": NAMES}
    (folder / "dataset.json").write_text(json.dumps(content))
    check(load_faces(str(folder), 8, tagged=True))
    (folder / "dataset.json").unlink()
    tags = ["blonde_hair blue_eyes x", "brown_hair smile x", "blonde_hair smile x", None]
    lines = [{"id": name[:-4], "tags": words} for name, words in zip(names, tags)]
    lines[-1]["tags"] = "x"
    text = "\n".join(map(json.dumps, [{"format": "anime-faces"}, *lines]))
    (folder / "manifest.jsonl").write_text(text)
    check(load_faces(str(folder), 8, tagged=True))


def test_tags_that_are_missing_damaged_or_of_another_set(folder):
    (folder / "tags.csv").write_text("a.png,smile\nsub/c.png,smile\n")
    with pytest.raises(UserError, match="no line for 2 of 4 images, the first of them b.png"):
        load_faces(str(folder), 8, tagged=True)
    (folder / "tags.csv").write_text("x.png,smile\n")
    with pytest.raises(UserError, match="names none of its 4 images.*another set"):
        load_faces(str(folder), 8, tagged=True)
    (folder / "tags.csv").unlink()
    with pytest.raises(UserError, match="has no tags: put tags.csv into it"):
        load_faces(str(folder), 8, tagged=True)
    (folder / "tags.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="tags.csv of .* is damaged"):
        load_faces(str(folder), 8, tagged=True)
    (folder / "tags.csv").unlink()
    (folder / "dataset.json").write_text('{"labels": null}')
    with pytest.raises(UserError, match="dataset.json of .* is damaged"):
        load_faces(str(folder), 8, tagged=True)
