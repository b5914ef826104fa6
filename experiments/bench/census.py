"""What one iteration asks of the device, counted exactly, for ours and for a plain trainer.

    python experiments/bench/census.py --algorithm dragan sngan --variant A --ch 512

Runs on tests/hostcupy, so it needs g++ and no GPU: launches of kernels by name, calls of cuBLAS
and of convolutions, arithmetic, bytes and transfers.  Launches do not depend on the sizes; at
the article's own (--ch 512 --batch-size 100) a census takes minutes and 10 GB.
"""

from __future__ import annotations

import argparse
import contextlib
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

from chainer_gan_anime.common.dataset import FaceImages  # noqa: E402
from chainer_gan_anime.run import Run  # noqa: E402
from chainer_gan_anime.settings import Settings, resolve  # noqa: E402
from experiments.bench.reference import make_reference  # noqa: E402

DEVICE = "@cupy:0"
N_ITERATIONS = 3  # the last one is counted: Adam makes its moments in the first
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


def rows(parts: dict) -> dict[str, int | str]:
    """The figures of one trainer's iteration, by name."""
    seen, calls = parts["update"]
    log, _ = parts["extensions"]
    image_bytes = sum(
        np.dtype(dtype).itemsize * int(np.prod(shape)) * times
        for (shape, dtype), times in seen.h2d_shapes.items()
        if len(shape) == 4 and shape[1] == 3
    )
    return {
        "launches": seen.n_launches,
        "of which kernels": sum(seen.launches.values()),
        "of which matrix products (cuBLAS)": sum(seen.gemms.values()),
        "launches between updates (log)": log.n_launches,
        "launches in all": seen.n_launches + log.n_launches,
        "convolutions of any kind": convolutions(calls),
        "weight gradients of convolutions": calls["Convolution2DGradW"],
        "GFLOP of matrix products": round(seen.gemm_flops / 1e9, 3),
        "GB read and written on the device": round(seen.bytes_moved / 1e9, 3),
        "bytes host to device": seen.h2d_bytes + log.h2d_bytes,
        "of which images": image_bytes,
        "transfers host to device": seen.h2d_calls + log.h2d_calls,
        "bytes device to host": seen.d2h_bytes + log.d2h_bytes,
        "waits for the device": seen.synchronisations + log.synchronisations,
    }


def print_table(title: str, head: tuple[str, ...], lines: list[tuple]) -> None:
    """Print a table in Markdown."""
    print(f"\n### {title}\n")
    for line in (head, ("---", *("---:" for _ in head[1:])), *lines):
        print("| " + " | ".join(f"{x:,}" if isinstance(x, int) else str(x) for x in line) + " |")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--algorithm", nargs="+", default=["dragan", "sngan"])
    parser.add_argument("--variant", nargs="+", default=["A", "B"])
    parser.add_argument("--preset", default="article")
    parser.add_argument("--ch", type=int, default=64)
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--kernels", action="store_true", help="also launches by kernel")
    arguments = parser.parse_args()
    for algorithm in arguments.algorithm:
        for variant in arguments.variant:
            report(algorithm, variant, arguments)


def report(algorithm: str, variant: str, arguments: argparse.Namespace) -> None:
    """Print the census of one algorithm and variant."""
    size, batch_size = arguments.image_size, arguments.batch_size
    settings = resolve(
        algorithm,
        "noise",
        arguments.preset,
        variant=variant,
        image_size=size,
        ch=arguments.ch,
        batch_size=batch_size,
        iterations=N_ITERATIONS,
    )
    shape = (N_BATCHES * batch_size, 3, size, size)
    images = np.random.RandomState(0).randint(0, 256, shape, dtype=np.uint8)
    ours, reference = count_ours(settings, images), count_reference(settings, images)
    title = f"{algorithm}, variant {variant}, {size}x{size}, ch {settings.ch}, batch {batch_size}"
    mine, its = rows(ours), rows(reference)
    lines = [
        (name, mine[name], its[name], f"{mine[name] / its[name]:.2f}" if its[name] else "")
        for name in mine
    ]
    print_table(title, ("one iteration", "ours", "plain", "ratio"), lines)
    for step in STEPS:
        seen, calls = ours[step]
        print(
            f"{step}: {seen.n_launches} launches, {calls['Convolution2DGradW']} weight "
            f"gradients of convolutions, {seen.gemm_flops / 1e9:.3f} GFLOP"
        )
    if arguments.kernels:
        by_name = [
            Counter(c["update"][0].launches) + Counter(gemm=sum(c["update"][0].gemms.values()))
            for c in (ours, reference)
        ]
        names = sorted(set().union(*by_name), key=lambda n: -max(c[n] for c in by_name))
        kernels = [(name, *(c[name] for c in by_name)) for name in names]
        print_table("Launches by kernel", ("kernel", "ours", "plain"), kernels)


if __name__ == "__main__":
    main()
