"""What a GPU takes for an iteration, against PyTorch on the same card, in ten minutes at most.

    python experiments/bench/gpu.py

Checks the machine, runs the tests of the device path on it, times both algorithms and variants,
and writes results/gpu_NAME.md; what to compare it with stands in results/gpu_plan.md.  The nets
are timed in the order of their importance, until the minutes are over.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import importlib.util
import itertools
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

if "--stand-in" in sys.argv:
    from tests.hostcupy import install

    install()  # before Chainer

import chainer_gan_anime  # noqa: E402, F401, I001  before Chainer
import chainer  # noqa: E402

from chainer_gan_anime import compat  # noqa: E402
from crawler.shared.errors import UserError, exits_cleanly  # noqa: E402
from crawler.shared.files import replacing  # noqa: E402
from experiments.bench.gpu_worker import MODES, Worker  # noqa: E402

TEST_SHARE = 0.4  # of the minutes, at most


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--algorithm", nargs="+", default=["dragan", "sngan"])
    parser.add_argument("--variant", nargs="+", default=["A", "B"])
    parser.add_argument("--ch", nargs="+", type=int, default=[512, 64, 128, 256])
    parser.add_argument("--batch-size", nargs="+", type=int, default=[100, 64, 256])
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument("--mode", nargs="+", default=list(MODES), choices=MODES)
    parser.add_argument("--minutes", type=float, default=10, help="(%(default)s)")
    parser.add_argument("--seconds", type=float, default=1, help="of one timing (%(default)s)")
    parser.add_argument("--no-tests", action="store_true", help="only time")
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="folder of the report")
    parser.add_argument("--stand-in", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def describe_machine() -> dict[str, str]:
    """Return what the report says of the machine.

    Raises:
        UserError: There is no CUDA device that can be used.
    """
    if compat.device_count() == 0:
        raise UserError(
            "No CUDA device can be used here: this measures a GPU; install its driver and the "
            "extra, pip install '.[cuda]', or see the README's troubleshooting."
        )
    cupy = chainer.backends.cuda.cupy
    runtime = cupy.cuda.runtime
    free, total = runtime.memGetInfo()
    return {
        "card": runtime.getDeviceProperties(0)["name"].decode(),
        "free memory": f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB",
        "CUDA": f"driver {runtime.driverGetVersion()}, runtime {runtime.runtimeGetVersion()}",
        "CuPy": cupy.__version__,
        "cuDNN": "used by Chainer" if chainer.backends.cuda.cudnn_enabled else "none",
        "Python": platform.python_version(),
        "PyTorch": _torch_version(),
    }


def _torch_version() -> str:
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def run_tests(seconds: float) -> str:
    """Run the tests of the device path on the device; return their last line."""
    command = [sys.executable, "-m", "pytest", "-q", "tests/device"]
    environment = {**os.environ, "REAL_GPU": "1"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return f"not through after {seconds:.0f} s"
    lines = done.stdout.strip().splitlines() or done.stderr.strip().splitlines()
    failed = [line for line in lines if line.startswith("FAILED")]
    return "; ".join([*failed, *lines[-1:]])


def count_launches(algorithm: str, variant: str, image_size: int) -> int | None:
    """Return the launches of an iteration, which census.py counts on the stand-in; needs g++.

    They depend on the nets' depth alone, so the narrowest do.
    """
    command = [sys.executable, str(ROOT / "experiments" / "bench" / "census.py")]
    command += ["--algorithm", algorithm, "--variant", variant, "--ch", "16"]
    command += ["--image-size", str(image_size)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    found = re.search(r"^\| launches \| ([\d,]+) \|", done.stdout, re.MULTILINE)
    return int(found[1].replace(",", "")) if found else None


def nets(args: argparse.Namespace) -> Iterator[dict]:
    """Yield the nets to time: the first width and batch size in all modes, then the others."""
    chs, batch_sizes = args.ch, args.batch_size
    sizes = [(ch, batch_sizes[0]) for ch in chs] + [(chs[0], n) for n in batch_sizes[1:]]
    sizes += list(itertools.product(chs[1:], batch_sizes[1:]))
    for ch, batch_size in sizes:
        for algorithm, variant in itertools.product(args.algorithm, args.variant):
            yield dict(
                algorithm=algorithm,
                variant=variant,
                ch=ch,
                batch_size=batch_size,
                image_size=args.image_size,
            )


def time_nets(args: argparse.Namespace, deadline: float) -> Iterator[list[str]]:
    """Yield a line of the table for each net and mode, until the time is over."""
    contenders = ["ours"] + (["torch"] if importlib.util.find_spec("torch") else [])
    if args.stand_in:
        contenders = ["ours"]
    with contextlib.ExitStack() as stack:
        workers = {
            (name, mode): stack.enter_context(Worker(name, mode, args.stand_in))
            for name in contenders
            for mode in args.mode
        }
        for net, mode in itertools.product(nets(args), args.mode):
            if time.monotonic() > deadline:
                return
            net["seconds"] = args.seconds
            found = [workers[name, mode].time(net) for name in contenders]
            yield make_line(net, mode, *found)


def make_line(net: dict, mode: str, ours: dict, torch: dict | None = None) -> list[str]:
    """Return the cells of one line: what was timed, and the ratio of PyTorch's time to ours."""
    name = f"{net['algorithm']} {net['variant']} ch {net['ch']}, batch {net['batch_size']}"
    cells = [name, mode]
    if "error" in ours:
        cells += [ours["error"], "", "", ""]
    else:
        rate = 1000 * net["batch_size"] / ours["ms"]
        cells += [f"{ours['ms']:.1f}", f"{ours['host_ms']:.1f}"]
        cells += [f"{rate:,.0f}", f"{ours['peak_mib']:,.0f}"]
    if torch is None:
        return [*cells, "", ""]
    if "error" in torch:
        return [*cells, torch["error"], ""]
    ratio = f"{torch['ms'] / ours['ms']:.2f}" if "ms" in ours else ""
    return [*cells, f"{torch['ms']:.1f}", ratio]


HEADER = ["net", "mode", "ms", "host ms", "images/s", "peak MiB", "torch ms", "torch / ours"]


def write_report(path: Path, machine: dict, tests: str, launches: dict, lines: list) -> None:
    """Write the report in Markdown."""
    text = [f"# {machine['card']}", ""]
    text += [
        "Measured by `python experiments/bench/gpu.py`; gpu_plan.md says what to compare.",
        "",
    ]
    text += [f"* {key}: {value}" for key, value in machine.items()]
    text += [f"* tests of the device path: {tests}", ""]
    text += ["| launches an iteration, counted by census.py | |", "|---|---:|"]
    text += [f"| {name} | {'needs g++' if n is None else n} |" for name, n in launches.items()]
    text += [
        "",
        "*ms* is an iteration, the wait for the device in it; *host ms* is what Python takes to "
        "launch it, so that a card waits for its host where the two are equal.",
        "",
        "| " + " | ".join(HEADER) + " |",
        "|---|---" + "|---:" * (len(HEADER) - 2) + "|",
    ]
    text += ["| " + " | ".join(cells) + " |" for cells in lines]
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, "w") as file:
        file.write("\n".join(text) + "\n")


@exits_cleanly
def main(arguments: list[str] | None = None) -> None:
    """Measure and write the report."""
    args = parse_arguments(arguments)
    start = time.monotonic()
    deadline = start + 60 * args.minutes
    machine = describe_machine()
    print(json.dumps(machine, indent=2), flush=True)
    tests = "left out"
    if not args.no_tests:
        tests = run_tests(60 * args.minutes * TEST_SHARE)
    print(f"tests of the device path: {tests}", flush=True)
    launches = {
        f"{algorithm} {variant}": count_launches(algorithm, variant, args.image_size)
        for algorithm, variant in itertools.product(args.algorithm, args.variant)
    }
    path = args.out / f"gpu_{re.sub(r'[^a-z0-9]+', '_', machine['card'].lower())}.md"
    lines = []
    for cells in time_nets(args, deadline):
        print(" | ".join(cells), flush=True)
        lines.append(cells)
        write_report(path, machine, tests, launches, lines)  # what is there stays if it is stopped
    print(f"{len(lines)} lines in {path}")


if __name__ == "__main__":
    sys.exit(main())
