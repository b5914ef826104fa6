"""Images per second of the CPU engines and of PyTorch, in turn in one run.

    python experiments/bench/speed.py --ch 64 128 --variant A B --algorithm sngan dragan

Each contender trains in a process of its own, so that its peak memory is its own, and the
processes take turns, so that whatever else the machine does falls on all of them alike: the
ratios of a round are what to trust.  With one thread a second is one of the processor's, which
others cannot take away; with several, one of the clock.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import itertools
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ENGINES = ("onednn", "bfloat16", "numpy", "chainer")  # bfloat16: oneDNN with rounded factors
CONTENDERS = (*ENGINES, "torch")
N_IMAGES = 512
N_WARM_UP = 3


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--algorithm", nargs="+", default=["sngan", "dragan"])
    parser.add_argument("--variant", nargs="+", default=["A", "B"])
    parser.add_argument("--ch", nargs="+", type=int, default=[64, 128, 256, 512])
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--contenders", nargs="+", default=CONTENDERS, choices=CONTENDERS)
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="per contender and round")
    parser.add_argument("--worker", choices=CONTENDERS, help=argparse.SUPPRESS)
    return parser.parse_args()


def make_step(
    contender: str,
    algorithm: str,
    variant: str,
    ch: int,
    batch_size: int,
    stack: contextlib.ExitStack,
):
    """Return a function that makes one iteration of training on drawn noise.

    A contender's kernels stay in place until ``stack`` is closed.
    """
    import numpy as np

    from chainer_gan_anime.algorithms import presets

    settings = presets.resolve(algorithm, "noise", variant=variant, ch=ch, batch_size=batch_size)
    images = np.random.RandomState(0).randint(
        0, 256, (N_IMAGES, 3, settings.image_size, settings.image_size), dtype=np.uint8
    )
    if contender == "torch":
        from torch_reference import make_step as make_torch_step

        return make_torch_step(settings, images)

    import chainer

    from chainer_gan_anime.algorithms.registry import (
        make_discriminator,
        make_generator,
        make_updater,
    )
    from chainer_gan_anime.common.random_state import make_stream
    from chainer_gan_anime.data.iterator import DeviceIterator
    from chainer_gan_anime.kernels import engines

    chainer.config.type_check = False  # as in training
    rounded = contender == "bfloat16"
    engine = engines.ENGINES["onednn" if rounded else contender]
    stack.enter_context(engine.kernels(rounded))
    iterator = DeviceIterator(images, batch_size, make_stream(0, "images"))
    models = make_generator(settings), make_discriminator(settings)
    updater = make_updater(settings, models, iterator)
    reporter = chainer.Reporter()

    def step() -> None:
        with reporter.scope({}):
            updater.update()

    return step


def peak_bytes() -> int:
    """Return the largest resident size of this process so far (VmHWM)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status has no VmHWM: the peak is measured on Linux only")


def work(args: argparse.Namespace) -> None:
    """Be one contender: at each line on stdin train for a while and say how fast it went."""
    (algorithm,), (variant,), (ch,) = args.algorithm, args.variant, args.ch
    clock = time.process_time if args.threads == 1 else time.perf_counter
    with contextlib.ExitStack() as stack:
        step = make_step(args.worker, algorithm, variant, ch, args.batch_size, stack)
        for _ in range(N_WARM_UP):
            step()
        print("ready", flush=True)
        for _ in sys.stdin:
            n, start = 0, clock()
            while n < 2 or clock() - start < args.seconds:
                step()
                n += 1
            rate = n * args.batch_size / (clock() - start)
            print(rate, peak_bytes(), flush=True)


class Contender:
    """A process that trains when told to."""

    def __init__(self, name: str, arguments: list[str], threads: int):
        threads_env = {f"{lib}_NUM_THREADS": str(threads) for lib in ("OMP", "OPENBLAS", "MKL")}
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-W", "ignore", __file__, "--worker", name, *arguments),
                f"--threads={threads}",
            ],
            env={**os.environ, **threads_env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{name} did not start")

    def turn(self) -> tuple[float, int]:
        """Train for a while; return images per second and the peak in bytes."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        rate, peak = self.process.stdout.readline().split()
        return float(rate), int(peak)

    def end(self) -> None:
        """End the process."""
        self.process.stdin.close()
        self.process.wait()


def spread(values: list[float]) -> str:
    """Format median (min to max)."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def compare(names: list[str], arguments: list[str], threads: int, rounds: int) -> str:
    """Let the contenders take turns; return the cells of one line of the table.

    The ratios are to the last of them.
    """
    contenders = {name: Contender(name, arguments, threads) for name in names}
    rates: dict[str, list[float]] = {name: [] for name in names}
    peaks: dict[str, int] = {}
    for _ in range(rounds):
        for name, contender in contenders.items():
            rate, peaks[name] = contender.turn()
            rates[name].append(rate)
    for contender in contenders.values():
        contender.end()
    images = " / ".join(f"{statistics.median(rates[name]):.0f}" for name in names)
    memory = " / ".join(f"{peaks[name] / 2**20:.0f}" for name in names)
    *others, reference = names
    ratios = [spread([a / b for a, b in zip(rates[n], rates[reference])]) for n in others]
    return " | ".join([images, *ratios, memory])


def main() -> None:
    """Print a Markdown table, a line per net."""
    args = parse_arguments()
    if args.worker:
        work(args)
        return
    names = [n for n in args.contenders if n != "torch" or importlib.util.find_spec("torch")]
    ratios = [f"{name} / {names[-1]}" for name in names[:-1]]
    header = ["net", f"images/s {' / '.join(names)}", *ratios, f"peak MiB {' / '.join(names)}"]
    print(f"batch {args.batch_size}, {args.threads} thread(s), {args.rounds} rounds;")
    print("ratios: median (min to max) over the rounds\n")
    print("| " + " | ".join(header) + " |\n" + "|---" * len(header) + "|")
    for algorithm, variant, ch in itertools.product(args.algorithm, args.variant, args.ch):
        arguments = ["--algorithm", algorithm, "--variant", variant, "--ch", str(ch)]
        arguments += ["--batch-size", str(args.batch_size), "--seconds", str(args.seconds)]
        cells = compare(names, arguments, args.threads, args.rounds)
        print(f"| {algorithm} {variant} ch {ch} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
