import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.data import dataset
from chainer_gan_anime.data.dataset import load_faces
from crawler.shared.errors import UserError


def encode(array, kind="PNG", **given):
    data = io.BytesIO()
    (array if isinstance(array, Image.Image) else Image.fromarray(array)).save(data, kind, **given)
    return data.getvalue()


@pytest.fixture
def pictures(rng):
    return rng.randint(0, 256, (6, 8, 8, 3)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path, pictures):
    path = tmp_path / "set"
    path.mkdir()
    for i, picture in enumerate(pictures):
        (path / f"{i}.png").write_bytes(encode(picture))
    return path


def test_a_folder_becomes_one_array_in_the_order_of_names(folder, pictures):
    faces = load_faces(str(folder), 8)
    assert faces.images.dtype == np.uint8
    np.testing.assert_array_equal(faces.images, pictures.transpose(0, 3, 1, 2))


def test_a_zip_gives_the_same(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"deep/er/{path.name}")
        archive.writestr("notes.txt", "not a picture")
    by_zip, by_folder = load_faces(str(tmp_path / "set.zip"), 8), load_faces(str(folder), 8)
    np.testing.assert_array_equal(by_zip.images, by_folder.images)
    assert by_zip.digest == by_folder.digest


def test_zip_members_never_become_paths(tmp_path, pictures):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../escaped.png", encode(pictures[0]))
        archive.writestr("/absolute.png", encode(pictures[1]))
    before = sorted(p for p in tmp_path.rglob("*"))
    assert len(load_faces(str(tmp_path / "evil.zip"), 8, cache=False).images) == 2
    assert sorted(p for p in tmp_path.rglob("*")) == before
    assert not (tmp_path.parent / "escaped.png").exists()


def test_names_are_found_under_the_data_root_with_the_crawlers_faces(
    folder, tmp_path, monkeypatch
):
    (tmp_path / "root" / "mine").mkdir(parents=True)
    folder.rename(tmp_path / "root" / "mine" / "faces")
    Image.new("RGB", (8, 8)).save(tmp_path / "root" / "mine" / "sheet.png")
    assert len(load_faces("mine", 8, tmp_path / "root").images) == 6
    monkeypatch.setenv("ANIME_DATA_ROOT", str(tmp_path / "root"))
    assert len(load_faces("mine", 8).images) == 6
    with pytest.raises(UserError, match=r"there: mine, sample.*python -m crawler"):
        load_faces("nosuch", 8)


def test_the_cache_is_used_and_rebuilt_when_a_file_changes(folder, pictures, monkeypatch):
    first = load_faces(str(folder), 8)
    with monkeypatch.context() as patch:
        patch.setattr(dataset, "load_picture", None)  # decoding again would fail
        again = load_faces(str(folder), 8)
    np.testing.assert_array_equal(again.images, first.images)
    assert again.digest == first.digest
    (folder / "0.png").write_bytes(encode(255 - pictures[0]))
    changed = load_faces(str(folder), 8)
    np.testing.assert_array_equal(changed.images[0], 255 - pictures[0].transpose(2, 0, 1))
    assert changed.digest != first.digest


def test_a_torn_cache_is_written_anew(folder):
    first = load_faces(str(folder), 8)
    for path in (dataset.cache_folder() / "images").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    np.testing.assert_array_equal(load_faces(str(folder), 8).images, first.images)


def test_a_few_unreadable_pictures_are_left_out_and_named(folder):
    for i in range(200):
        (folder / f"more{i}.png").write_bytes((folder / "0.png").read_bytes())
    (folder / "torn.png").write_bytes((folder / "0.png").read_bytes()[:60])
    (folder / "text.jpg").write_text("<html>")
    faces = load_faces(str(folder), 8)
    assert len(faces.images) == 206
    assert list(faces.unreadable) == ["text.jpg", "torn.png"]
    assert "UnidentifiedImageError: " in faces.unreadable["text.jpg"]
    assert load_faces(str(folder), 8).unreadable == faces.unreadable  # from the cache too


@pytest.fixture
def tagged_folder(tmp_path):
    """120 JPEGs of which the second is cut off; tags say which are bright: every third."""
    path = tmp_path / "tagged"
    path.mkdir()
    lines = []
    for i in range(120):
        jpeg = encode(np.full((64, 64, 3), 250 if i % 3 == 0 else 5, np.uint8), "JPEG")
        (path / f"{i:03}.jpg").write_bytes(jpeg[:-20] if i == 1 else jpeg)
        lines.append(f"{i:03}.jpg,{'bright' if i % 3 == 0 else 'dark'}\n")
    (path / "tags.csv").write_text("".join(lines))
    return path


def test_a_picture_that_is_left_out_takes_its_tags_along(tagged_folder):
    for _ in range(2):  # decoded, and from the cache
        faces = load_faces(str(tagged_folder), 8, tagged=True)
        # Pillow's own message has parentheses.
        assert list(faces.unreadable) == ["001.jpg"] and ")" in faces.unreadable["001.jpg"]
        bright = faces.tags[:, faces.vocabulary.names.index("bright")]
        np.testing.assert_array_equal(bright, faces.images.mean((1, 2, 3)) > 128)


def test_a_set_that_changes_while_it_is_read_is_one_sentence(tagged_folder):
    faces = load_faces(str(tagged_folder), 8)
    (tagged_folder / "119.jpg").unlink()
    with pytest.raises(UserError, match="has tags for 118 pictures and 119 were read"):
        dataset._with_tags(faces, str(tagged_folder), None)


def test_more_than_a_hundredth_unreadable_is_an_error(folder):
    (folder / "torn.png").write_bytes(b"torn")
    with pytest.raises(UserError, match="1 of 7 pictures .* cannot be read, such as torn.png"):
        load_faces(str(folder), 8)


def test_an_empty_folder_and_a_file_that_is_no_zip(tmp_path):
    with pytest.raises(UserError, match="holds no pictures"):
        load_faces(str(tmp_path), 8)
    (tmp_path / "a.zip").write_text("no")
    with pytest.raises(UserError, match="is no zip archive"):
        load_faces(str(tmp_path / "a.zip"), 8)


def test_the_sample_set_is_drawn(monkeypatch):
    monkeypatch.setattr(dataset, "SAMPLE_COUNT", 5)
    faces = load_faces("sample", 16)
    assert faces.images.shape == (5, 3, 16, 16) and faces.source == "the drawn sample set"


def test_a_set_that_no_machine_holds_is_refused():
    with pytest.raises(UserError, match="take a smaller --image-size"):
        load_faces("sample", 65536)
