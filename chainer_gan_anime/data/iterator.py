"""DeviceIterator: batches of images gathered where the model lives."""

from __future__ import annotations

from collections.abc import Callable

import chainer
import numpy as np
from chainer import backend

from chainer_gan_anime.common.random_state import serialize_random_state
from chainer_gan_anime.common.workers import ALONE, Workers
from chainer_gan_anime.kernels.engines import arrange

# Share of the device's free memory that the images may take; the nets need the rest.
MAX_MEMORY_SHARE = 0.5

SAMPLINGS = ("replacement", "shuffle")


class DeviceIterator(chainer.dataset.Iterator):
    """Endless iterator over uint8 images that lie on the device as one array.

    Which images come, and which of them mirrored, is drawn on the host from a seeded stream;
    index, gather, flip and scaling to [-1, 1] happen on the device in one step, so no image
    crosses from host to device in an iteration.  Only when the set does not fit the device's
    free memory does it stay on the host, and each batch is sent as uint8 from pinned memory.

    Args:
        images: All images, uint8 (N, 3, H, W), on the host.
        batch_size: Images a batch; with several workers, of all of them together.
        rng: Stream of the order and of the flips.
        sampling: ``'replacement'``: each image of a batch is drawn uniformly from all;
            ``'shuffle'``: one permutation of the set after the other.
        flip: Whether half of the images come mirrored.
        device: Where the batches are wanted; a Chainer device or its specifier.
        report: Called with one sentence when the set has to stay on the host.
        workers: All draw the same batch, and each gathers its own share of it.
        tags: uint8 (N, T), the images' tags; each batch is then a pair, of which the second is
            int32 (B, T).
    """

    def __init__(
        self,
        images: np.ndarray,
        batch_size: int,
        rng: np.random.RandomState,
        sampling: str = "replacement",
        flip: bool = False,
        device: str | chainer.backend.Device = "@numpy",
        report: Callable[[str], None] = print,
        workers: Workers = ALONE,
        tags: np.ndarray | None = None,
    ):
        if images.dtype != np.uint8 or images.ndim != 4:
            raise TypeError(f"images are {images.dtype} {images.shape}, not uint8 (N, 3, H, W)")
        self.batch_size = batch_size
        self.sampling = sampling
        self.flip = flip
        self.device = chainer.get_device(device)
        self.n_images = len(images)
        self.batches_per_epoch = -(-len(images) // batch_size)
        self.batches_drawn = 0
        self._rng = rng
        self._workers = workers
        self._order = np.zeros(0, np.int64)  # what is left of the current permutation
        self._pinned = None
        self._tags = tags
        if self.device.xp is not np and not self._fits(images.nbytes):
            report(
                f"The {images.nbytes / 1e6:.0f} MB of images do not fit the device's free "
                "memory: they stay on the host and each batch is sent (slower)."
            )
            self._pinned = _pinned_like(workers.share(images[:batch_size]))
            self._images = images
        else:
            self._images = self.device.send(images)

    @property
    def resident(self) -> bool:
        """Whether the images lie where the batches are wanted."""
        return self._pinned is None

    def _fits(self, n_bytes: int) -> bool:
        from chainer.backends import cuda

        with chainer.using_device(self.device):
            free_bytes, _ = cuda.cupy.cuda.runtime.memGetInfo()
        return n_bytes <= MAX_MEMORY_SHARE * free_bytes

    def _draw(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the next images' indices, int64 (B,), and flips, bool (B,)."""
        if self.sampling == "replacement":
            indices = self._rng.randint(0, self.n_images, self.batch_size)
        else:
            while len(self._order) < self.batch_size:
                more = self._rng.permutation(self.n_images)
                self._order = np.concatenate([self._order, more])
            indices, self._order = np.split(self._order, [self.batch_size])
        if self.flip:
            return indices, self._rng.randint(0, 2, self.batch_size).astype(bool)
        return indices, np.zeros(self.batch_size, bool)

    def __next__(self):
        """Return this worker's share of the next batch: float32 (B, 3, H, W) in [-1, 1]."""
        indices, flips = map(self._workers.share, self._draw())
        self.batches_drawn += 1
        images = self._gather(indices, flips)
        if self._tags is None:
            return images
        # Small enough to be sent: gathering them there would cost a launch, too.
        return images, self.device.send(self._tags[indices].astype(np.int32))

    def _gather(self, indices: np.ndarray, flips: np.ndarray):
        """Return images by index, some of them mirrored, on the device."""
        if self._pinned is not None:
            np.take(self._images, indices, axis=0, out=self._pinned)
            with chainer.using_device(self.device):
                batch = self.device.send(self._pinned)
                return _scale_on_device(batch, np.arange(len(batch)), flips)
        if self.device.xp is np:
            return _scale_on_host(self._images, indices, flips)
        with chainer.using_device(self.device):
            return _scale_on_device(self._images, indices, flips)

    next = __next__

    @property
    def epoch(self) -> int:
        """Whole epochs drawn; an epoch is ceil(N / batch_size) batches."""
        return self.batches_drawn // self.batches_per_epoch

    @property
    def is_new_epoch(self) -> bool:
        """Whether the last batch ended an epoch."""
        return self.batches_drawn > 0 and self.batches_drawn % self.batches_per_epoch == 0

    @property
    def epoch_detail(self) -> float:
        """Epochs drawn, with their fraction."""
        return self.batches_drawn / self.batches_per_epoch

    @property
    def previous_epoch_detail(self) -> float:
        """:attr:`epoch_detail` before the last batch."""
        return max(0, self.batches_drawn - 1) / self.batches_per_epoch

    def serialize(self, serializer) -> None:
        """Save or restore the position, the order and the stream."""
        self.batches_drawn = serializer("batches_drawn", self.batches_drawn)
        # Its length changes, which Chainer's in-place loading does not allow.
        padded = np.full(self.n_images + self.batch_size, -1, np.int64)
        padded[: len(self._order)] = self._order
        padded = serializer("order", padded)
        self._order = padded[padded >= 0]
        serialize_random_state(serializer, "random_state", self._rng)


def _scale_on_host(images: np.ndarray, indices: np.ndarray, flips: np.ndarray) -> np.ndarray:
    batch = images[indices]
    batch[flips] = batch[flips][..., ::-1]
    batch = arrange(batch)  # as the engine would do it, in a quarter of the bytes
    batch = np.multiply(batch, np.float32(2 / 255), dtype=np.float32)
    batch -= 1
    return batch


def _scale_on_device(images, indices: np.ndarray, flips: np.ndarray):
    """Gather, flip and scale in one kernel; only indices and flips cross from the host."""
    from chainer.backends import cuda

    xp = backend.get_array_module(images)
    # One transfer: the sign bit of an index says that the image is mirrored.
    picks = xp.asarray(np.where(flips, ~indices, indices))
    _, channels, height, width = images.shape
    batch = xp.empty((len(indices), channels, height, width), np.float32)
    kernel = cuda.elementwise(
        "raw uint8 images, raw int64 picks, int64 image_pixels, int64 width",
        "float32 batch",
        """
        const long long pick = picks[i / image_pixels];
        const long long pixel = i % image_pixels;
        const long long column = pixel % width;
        const long long source = pick < 0 ? ~pick : pick;
        const long long from = pick < 0 ? pixel - column + (width - 1 - column) : pixel;
        batch = images[source * image_pixels + from] * (2.0f / 255.0f) - 1.0f;
        """,
        "gather_flip_scale",
    )
    return kernel(images, picks, channels * height * width, width, batch)


def _pinned_like(batch: np.ndarray) -> np.ndarray:
    """Return an array of ``batch``'s shape in page-locked memory, which sends faster."""
    from chainer.backends import cuda

    memory = cuda.cupy.cuda.alloc_pinned_memory(batch.nbytes)
    return np.frombuffer(memory, batch.dtype, batch.size).reshape(batch.shape)
