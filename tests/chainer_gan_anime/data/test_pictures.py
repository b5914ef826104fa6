import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.data import pictures
from chainer_gan_anime.data.pictures import decode, open_pictures


def encode(array, kind="PNG", **given):
    data = io.BytesIO()
    (array if isinstance(array, Image.Image) else Image.fromarray(array)).save(data, kind, **given)
    return data.getvalue()


def test_a_link_to_nothing_is_a_picture_that_cannot_be_read(tmp_path):
    (tmp_path / "a.png").write_bytes(encode(np.zeros((4, 4, 3), np.uint8)))
    (tmp_path / "b.png").symlink_to(tmp_path / "elsewhere.png")
    found = open_pictures(tmp_path)
    assert found.names == ["a.png", "b.png"]
    with pytest.raises(OSError):
        found.read("b.png")
    (tmp_path / "elsewhere.png").write_bytes(encode(np.zeros((4, 4, 3), np.uint8)))
    assert open_pictures(tmp_path).fingerprint() != found.fingerprint()


def test_what_is_hidden_is_no_picture(tmp_path):
    shown = ["../up.png", "./here.png", "a.b.png", "set/x.JPG"]
    hidden = ["__MACOSX/set/._x.JPG", "set/._y.png", ".git/z.png", "__MACOSX/w.png", "set/.png"]
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for name in shown + hidden:
            archive.writestr(name, b"")
    assert open_pictures(tmp_path / "set.zip").names == shown
    for name in ["set/x.JPG", *hidden]:
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).touch()
    assert open_pictures(tmp_path / "folder").names == ["set/x.JPG"]


def test_alpha_goes_on_white():
    picture = np.zeros((4, 4, 4), np.uint8)
    picture[0] = (255, 0, 0, 255)
    picture[1] = (255, 0, 0, 51)  # a fifth of red
    rgb = decode(encode(picture), 4)
    assert rgb[:, 0, 0].tolist() == [255, 0, 0]
    assert rgb[:, 1, 0].tolist() == [255, 204, 204]
    assert rgb[:, 3, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "I;16", "CMYK"])
def test_every_mode_becomes_rgb(mode):
    grey = np.full((4, 4), 255, np.uint8)
    if mode == "I;16":
        data = encode(Image.fromarray(np.full((4, 4), 65535, np.uint16)))
    elif mode == "CMYK":
        data = encode(Image.new("CMYK", (4, 4), (0, 0, 0, 0)), "JPEG")
    else:
        data = encode(Image.fromarray(grey).convert(mode))
    np.testing.assert_array_equal(decode(data, 4), np.full((3, 4, 4), 255))


def test_a_transparent_palette_goes_on_white():
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([0, 0, 0, 255, 0, 0])
    picture.putpixel((0, 0), 0)
    rgb = decode(encode(picture, transparency=0), 4)
    assert rgb[:, 0, 0].tolist() == [255, 255, 255] and rgb[:, 1, 1].tolist() == [255, 0, 0]


def test_the_exif_turn_is_applied():
    picture = np.zeros((8, 8, 3), np.uint8)
    picture[:, :4] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its left side
    turned = decode(encode(picture, "JPEG", exif=exif, quality=100), 8)
    assert turned[0, 1].min() > 200 and turned[0, 6].max() < 50


def test_resizing_antialiases():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    small = decode(encode(stripes), 8)
    assert np.abs(small.astype(int) - 127.5).max() < 20


def test_the_largest_centred_square_is_taken():
    wide = np.zeros((8, 16, 3), np.uint8)
    wide[:, 4:12] = 200
    assert (decode(encode(wide), 8) == 200).all()


def test_a_picture_over_the_pixel_cap_is_refused_before_decoding(monkeypatch):
    data = encode(np.zeros((100, 100, 3), np.uint8))
    monkeypatch.setattr(pictures, "MAX_PIXELS", 9999)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(ValueError, match="100x100 is over the pixel cap"):
        decode(data, 8)
