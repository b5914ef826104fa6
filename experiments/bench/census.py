"""What one iteration asks of the device, counted exactly, for ours and for a plain trainer.

    python experiments/bench/census.py --algorithm dragan sngan --variant A --ch 512

Runs on tests/hostcupy, so it needs g++ and no GPU: launches of kernels by name, calls of cuBLAS
and of convolutions, arithmetic, bytes and transfers.  Counted at batches of 2 and 4 and extended
to --batch-size, which is exact: see ``take_census``.

The plain trainer knows DRAGAN and SN-GAN (experiments/bench/reference.py); of the others in
ALGORITHMS our figures stand alone.  Not counted are minibatch discrimination, whose work grows
with the square of the batch and so cannot be extended from small ones, and ACGAN, which needs
tags.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import gc
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.hostcupy import Counters, counting, install

install()  # before Chainer

import chainer_gan_anime  # noqa: E402, F401, I001  before Chainer
import chainer  # noqa: E402
import numpy as np  # noqa: E402
from chainer import training  # noqa: E402
from chainer.training.extensions import LogReport  # noqa: E402

from chainer_gan_anime.data.dataset import FaceImages  # noqa: E402
from chainer_gan_anime.training.run import Run  # noqa: E402
from chainer_gan_anime.algorithms.presets import resolve  # noqa: E402
from chainer_gan_anime.settings import Settings  # noqa: E402
from experiments.bench.reference import make_reference  # noqa: E402

ALGORITHMS = "dcgan", "dragan", "sngan", "wgan_gp", "cramer", "began", "dfm"
REFERENCED = "dragan", "sngan"  # those that the plain trainer knows
DEVICE = "@cupy:0"
N_ITERATIONS = 3  # the last one is counted: Adam makes its moments in the first
SMALL_BATCHES = 2, 4
N_BATCHES = 8  # in the set, so that no epoch ends before
STEPS = {"G's step": "update_gen", "D's step": "update_dis"}


class FunctionCounter(chainer.FunctionHook):
    """Counts Chainer's functions by class, those that gradients are made of included."""

    def __init__(self, name: str):
        self.name = name  # Chainer takes hooks of different names only
        self.calls: Counter = Counter()

    def forward_postprocess(self, function, in_data) -> None:
        """Count one call."""
        self.calls[type(function).__name__] += 1


class Census:
    """Counts each iteration of a trainer; the last one's figures stay.

    Args:
        trainer: Not yet run.
        steps: Name of a part of the update to the updater's method that runs it.

    Attributes:
        parts: ``'update'``, ``'extensions'`` (all that the trainer does between two updates)
            and the steps; each a pair of launches and transfers, and of Chainer's calls.
    """

    def __init__(self, trainer: training.Trainer, steps: dict[str, str]):
        self.parts: dict[str, tuple[Counters, Counter]] = {}
        self._between = contextlib.ExitStack()
        updater = trainer.updater
        for name, method in steps.items():
            setattr(updater, method, self._counted(name, getattr(updater, method)))
        update = self._counted("update", updater.update)

        def update_and_go_on():
            update()
            seen = self._between.enter_context(counting())
            self.parts["extensions"] = seen, Counter()

        updater.update = update_and_go_on
        last = -(10**9)
        trainer.extend(
            lambda trainer: self._between.close(),
            name="end_of_census",
            trigger=(1, "iteration"),
            priority=last,
        )

    def _counted(self, name: str, function: Callable) -> Callable:
        def run(*args, **kwargs):
            hook = FunctionCounter(name)
            with counting() as seen, hook:
                result = function(*args, **kwargs)
            self.parts[name] = seen, hook.calls
            return result

        return run


def count_ours(settings: Settings, images: np.ndarray) -> dict:
    """Count an iteration of a whole run: the updater, and the extensions when none is due."""
    faces = FaceImages(images, "noise", "")
    with tempfile.TemporaryDirectory() as folder:
        run = Run(settings, faces, Path(folder), chainer.get_device(DEVICE), lambda text: None)
        census = Census(run.trainer, STEPS)
        run.train()
    return census.parts


def count_reference(settings: Settings, images: np.ndarray) -> dict:
    """Count an iteration of the plain trainer, with Chainer's own log."""
    updater = make_reference(settings, images, DEVICE)
    with tempfile.TemporaryDirectory() as folder:
        trainer = training.Trainer(updater, (N_ITERATIONS, "iteration"), folder)
        trainer.extend(LogReport(trigger=(100, "iteration")))
        census = Census(trainer, {})
        trainer.run()
    return census.parts


def convolutions(calls: Counter) -> int:
    """Convolutions, deconvolutions and weight gradients among Chainer's calls."""
    kinds = "Convolution2DFunction", "Deconvolution2DFunction", "Convolution2DGradW"
    return sum(calls[kind] for kind in kinds)


def figures(parts: dict) -> dict[str, int]:
    """The figures of one trainer's iteration, by name."""
    seen, calls = parts["update"]
    log, _ = parts["extensions"]
    image_bytes = sum(
        np.dtype(dtype).itemsize * int(np.prod(shape)) * times
        for (shape, dtype), times in seen.h2d_shapes.items()
        if len(shape) == 4 and shape[1] == 3
    )
    found = {
        "launches": seen.n_launches + log.n_launches,
        "of which kernels": sum(seen.launches.values()),
        "of which matrix products (cuBLAS)": sum(seen.gemms.values()),
        "of which between updates (log)": log.n_launches,
        "convolutions of any kind": convolutions(calls),
        "weight gradients of convolutions": calls["Convolution2DGradW"],
        "MFLOP of matrix products": seen.gemm_flops,
        "MB read and written by matrix products": seen.gemm_bytes,
        "MB read and written by kernels": seen.kernel_bytes + log.kernel_bytes,
        "bytes host to device": seen.h2d_bytes + log.h2d_bytes,
        "of which images": image_bytes,
        "transfers host to device": seen.h2d_calls + log.h2d_calls,
        "bytes device to host": seen.d2h_bytes + log.d2h_bytes,
        "waits for the device": seen.synchronisations + log.synchronisations,
    }
    for step in STEPS:
        if step in parts:
            seen, calls = parts[step]
            found[f"{step}: launches"] = seen.n_launches
            found[f"{step}: weight gradients of convolutions"] = calls["Convolution2DGradW"]
            found[f"{step}: MFLOP of matrix products"] = seen.gemm_flops
    return found


def take_census(count: Callable, settings: Settings) -> tuple[dict[str, int], Counter]:
    """Count an iteration of any batch size in seconds.

    Args:
        count: :func:`count_ours` or :func:`count_reference`.
        settings: The run's settings.

    Returns:
        The figures, counted at two small batches and extended to the settings' own: each is a
        constant (parameters) plus a multiple of the batch size.  And launches by kernel.
    """
    small, large = SMALL_BATCHES
    counted = []
    for batch_size in SMALL_BATCHES:
        given = dataclasses.replace(settings, batch_size=batch_size, iterations=N_ITERATIONS)
        shape = (N_BATCHES * batch_size, 3, settings.image_size, settings.image_size)
        images = np.random.RandomState(0).randint(0, 256, shape, dtype=np.uint8)
        gc.collect()  # a trainer refers to itself: the one before still holds its arrays
        parts = count(given, images)
        counted.append(figures(parts))
    at_small, at_large = counted
    extended = {
        name: value + (settings.batch_size - small) * (at_large[name] - value) // (large - small)
        for name, value in at_small.items()
    }
    seen, _ = parts["update"]
    return extended, seen.launches + Counter(gemm=sum(seen.gemms.values()))


def shown(name: str, value: int) -> str:
    """A figure in the unit that its name says."""
    return f"{value / 1e6:,.1f}" if name.split(": ")[-1].startswith("M") else f"{value:,}"


def print_table(title: str, head: tuple[str, ...], lines: list[tuple]) -> None:
    """Print a table in Markdown."""
    print(f"\n### {title}\n")
    for line in (head, ("---", *("---:" for _ in head[1:])), *lines):
        print("| " + " | ".join(map(str, line)) + " |")


def report(settings: Settings, with_kernels: bool) -> None:
    """Print the census of one algorithm and variant."""
    mine, my_kernels = take_census(count_ours, settings)
    its, its_kernels = {}, Counter()
    if settings.algorithm in REFERENCED:
        its, its_kernels = take_census(count_reference, settings)
    lines = [
        (
            name,
            shown(name, value),
            shown(name, its[name]) if name in its else "",
            f"{value / its[name]:.2f}" if its.get(name) else "",
        )
        for name, value in mine.items()
    ]
    title = (
        f"{settings.algorithm}, variant {settings.variant}, {settings.image_size}x"
        f"{settings.image_size}, ch {settings.ch}, batch {settings.batch_size}"
    )
    print_table(title, ("one iteration", "ours", "plain", "ratio"), lines)
    if with_kernels:
        names = sorted(my_kernels | its_kernels, key=lambda k: -(my_kernels | its_kernels)[k])
        lines = [(name, my_kernels[name], its_kernels[name]) for name in names]
        print_table("Launches by kernel", ("kernel", "ours", "plain"), lines)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--algorithm", nargs="+", choices=ALGORITHMS, default=REFERENCED)
    parser.add_argument("--variant", nargs="+", default=["A", "B"])
    parser.add_argument("--preset", default="article")
    parser.add_argument("--ch", type=int, default=512)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--kernels", action="store_true", help="also launches by kernel")
    arguments = parser.parse_args()
    for algorithm in arguments.algorithm:
        for variant in arguments.variant:
            settings = resolve(
                algorithm,
                "noise",
                arguments.preset,
                variant=variant,
                image_size=arguments.image_size,
                ch=arguments.ch,
                batch_size=arguments.batch_size,
            )
            report(settings, arguments.kernels)


if __name__ == "__main__":
    main()
