"""Small runs of every algorithm, for the tests of the device path."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import chainer
import numpy as np
import pytest

from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.algorithms.registry import ALGORITHMS as REGISTERED
from chainer_gan_anime.algorithms.registry import (
    make_discriminator,
    make_extra_models,
    make_generator,
    make_updater,
)
from chainer_gan_anime.common.tags import Vocabulary
from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.data.iterator import DeviceIterator
from chainer_gan_anime.kernels.cuda import fast_kernels
from chainer_gan_anime.settings import Settings
from chainer_gan_anime.training.run import Run

ALGORITHMS = tuple(REGISTERED)
FIRST = ("dcgan", "dragan", "sngan")  # whose kernels the others' are made of
FIRST_AND_REST = [
    name if name in FIRST else pytest.param(name, marks=pytest.mark.slow) for name in ALGORITHMS
]
VOCABULARY = Vocabulary(
    ("red_hair", "blue_hair", "smile"), {"hair": ("red_hair", "blue_hair")}, (0.5, 0.4, 0.3)
)
IN_HALF = tuple(name for name in ALGORITHMS if "dtype" not in REGISTERED[name].fixed)
VARIANTS = ("A", "B")
# Every algorithm's article nets, and upstream's of the first.
CASES = [
    *((name, "A") for name in ALGORITHMS),
    *((name, "B") for name in FIRST),
]
N_DIS = 2  # at most: more steps of D launch nothing else
IMAGE_SIZE = 16
BATCH_SIZE = 6


def small_settings(algorithm: str, variant: str, **given) -> Settings:
    """Settings of nets that take milliseconds."""
    sizes = {"image_size": IMAGE_SIZE, "ch": 16, "n_hidden": 8, "batch_size": BATCH_SIZE}
    settings = resolve(algorithm, "sample", "article", variant=variant, **(sizes | given))
    return dataclasses.replace(settings, n_dis=min(settings.n_dis, N_DIS))


def draw_images(n: int, size: int = IMAGE_SIZE) -> np.ndarray:
    """Coloured noise, uint8 (n, 3, size, size)."""
    return np.random.RandomState(0).randint(0, 256, (n, 3, size, size)).astype(np.uint8)


def draw_tags(n: int) -> np.ndarray:
    """Tags for them, uint8 (n, 3)."""
    return VOCABULARY.draw_evenly(n, np.random.RandomState(3))


def take_noise_from_the_host(updater) -> None:
    """Let the noise and the mixes of a step not depend on the device.

    There they are hashed from a seed, so the two paths differ by design.
    """
    noise = np.random.RandomState(2)

    def draw(shape):
        return updater.gen.device.send(noise.uniform(0, 1, shape).astype(np.float32))

    updater.draw_noise = lambda like: draw(like.shape)
    updater.draw_mix = lambda like: draw((len(like), 1, 1, 1))


def take_own_noise(updater) -> None:
    """Undo :func:`take_noise_from_the_host`."""
    del updater.draw_noise, updater.draw_mix


def small_updater(settings: Settings, device: str):
    """An updater on ``device`` whose noise does not depend on the device."""
    images = draw_images(20, settings.image_size)
    iterator = DeviceIterator(
        images,
        settings.batch_size,
        np.random.RandomState(1),
        flip=True,
        device=device,
        tags=draw_tags(20) if REGISTERED[settings.algorithm].tagged else None,
    )
    models = [make_generator(settings, VOCABULARY), make_discriminator(settings, VOCABULARY)]
    models += make_extra_models(settings).values()
    updater = make_updater(settings, models, iterator, device)
    take_noise_from_the_host(updater)
    return updater


def small_run(
    out: Path, device: str, algorithm: str = "sngan", iterations: int = 4, **given
) -> Run:
    """A run of some iterations on 24 images, whose noise does not depend on the device."""
    settings = small_settings(algorithm, "A", **{"log_every": 2, "iterations": iterations} | given)
    faces = FaceImages(draw_images(24), "noise", "digest", (), draw_tags(24), VOCABULARY)
    run = Run(settings, faces, out, chainer.get_device(device), lambda sentence: None)
    take_noise_from_the_host(run.updater)
    return run


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Entries of a snapshot or a model's file."""
    with np.load(path) as npz:
        return {key: npz[key] for key in npz.files}


def update(updater, fast: bool = True) -> dict[str, float]:
    """Run one iteration, with our kernels or Chainer's own; return its report as host numbers."""
    reporter = chainer.Reporter()
    for name, optimizer in updater.get_all_optimizers().items():
        reporter.add_observer(name, optimizer.target)
    observation = {}
    with reporter.scope(observation), fast_kernels(fast):
        updater.update()
    return {key: float(getattr(value, "array", value)) for key, value in observation.items()}


def host_state(updater) -> dict[str, np.ndarray]:
    """Every parameter and persistent value of all models, on the host."""
    dictionary = chainer.serializers.DictionarySerializer()
    updater.gen.serialize(dictionary["gen"])
    updater.dis.serialize(dictionary["dis"])
    for i, model in enumerate(updater.extra):
        model.serialize(dictionary[f"extra{i}"])
    return dictionary.target
