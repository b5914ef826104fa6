"""TagReader: a small net that reads the tags of drawn faces, taught on faces of its own."""

from __future__ import annotations

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from tqdm import tqdm

from chainer_gan_anime.common.tags import Vocabulary
from chainer_gan_anime.data import drawn
from chainer_gan_anime.data.dataset import cache_folder
from chainer_gan_anime.runs import npz
from crawler.shared.errors import UserError

TEACHING_SEED = 1  # the faces that GANs learn from have 0
N_TEACHING = 4000
N_EPOCHS = 12
_BATCH = 50
_VERSION = 2  # grows when the net, its lessons or the drawing change


class TagReader(chainer.Chain):
    """Four convolutions and two linear layers: images (B, 3, H, W) to logits of tags (B, T).

    Args:
        vocabulary: The tags.
        image_size: Height and width of the images in pixels, a multiple of 16.
    """

    def __init__(self, vocabulary: Vocabulary, image_size: int):
        super().__init__()
        self.vocabulary = vocabulary
        w = chainer.initializers.HeNormal(rng=np.random.RandomState(0))
        with self.init_scope():
            self.c0 = L.Convolution2D(3, 16, 3, 1, 1, initialW=w)
            self.c1 = L.Convolution2D(16, 32, 4, 2, 1, initialW=w)
            self.c2 = L.Convolution2D(32, 48, 4, 2, 1, initialW=w)
            self.c3 = L.Convolution2D(48, 64, 4, 2, 1, initialW=w)
            self.l4 = L.Linear(64 * (image_size // 8) ** 2, 128, initialW=w)
            self.l5 = L.Linear(128, len(vocabulary), initialW=w)

    def forward(self, x) -> chainer.Variable:
        """Read images of [-1, 1]."""
        h = x
        for layer in (self.c0, self.c1, self.c2, self.c3, self.l4):
            h = F.leaky_relu(layer(h))
        return self.l5(h)

    def read(self, images: np.ndarray) -> np.ndarray:
        """Return each tag's logit, float32 (N, T), of uint8 images (N, 3, H, W)."""
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            parts = [self(_scale(images[i : i + 200])).array for i in range(0, len(images), 200)]
        return np.concatenate(parts)


def load_reader(image_size: int) -> TagReader:
    """Return the reader of drawn faces of a size, taught now or in an earlier call.

    It is taught in a minute or two, on drawn faces that no GAN was trained on, and kept in the
    user's cache folder.

    Raises:
        UserError: The size does not fit the net.
    """
    if image_size < 16 or image_size % 8:
        raise UserError(
            f"tags are read on images of a multiple of 8 pixels, from 16 on, not {image_size}."
        )
    tags, vocabulary = drawn.tag_faces(N_TEACHING, TEACHING_SEED)
    reader = TagReader(vocabulary, image_size)
    path = cache_folder() / f"tag_reader_{image_size}_{_VERSION}.npz"
    if path.is_file():
        npz.load(path, reader)
        return reader
    teach(reader, drawn.draw_faces(N_TEACHING, TEACHING_SEED, image_size), tags)
    path.parent.mkdir(parents=True, exist_ok=True)
    npz.save(path, reader)
    return reader


def teach(reader: TagReader, images: np.ndarray, tags: np.ndarray, n_epochs: int = N_EPOCHS):
    """Teach a reader by Adam, whose step falls to nothing over the epochs.

    Args:
        reader: The net.
        images: uint8 (N, 3, H, W).
        tags: uint8 (N, T).
        n_epochs: Passes over the images.
    """
    optimizer = chainer.optimizers.Adam(1e-3).setup(reader)
    rng = np.random.RandomState(0)
    n_steps = n_epochs * (len(images) // _BATCH)
    done = 0  # counted here: a bar that is not shown, as off a terminal, does not count
    with tqdm(total=n_steps, desc="teaching the reader", leave=False, disable=None) as bar:
        for _ in range(n_epochs):
            order = rng.permutation(len(images))
            for start in range(0, len(order) - _BATCH + 1, _BATCH):
                rows = order[start : start + _BATCH]
                x = _scale(images[rows])
                mirrored = rng.randint(0, 2, len(x)).astype(bool)
                x[mirrored] = x[mirrored][..., ::-1]
                loss = F.sigmoid_cross_entropy(
                    reader(x), tags[rows].astype(np.int32), normalize=False
                )
                reader.cleargrads()
                loss.backward()
                optimizer.alpha = 1e-3 * (1 - done / n_steps)
                optimizer.update()
                done += 1
                bar.update()


def _scale(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / 127.5 - 1
