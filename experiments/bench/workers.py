"""Images per second of K workers with a thread each, of one process with K threads, and with one.

    python experiments/bench/workers.py --workers 2 --algorithm sngan dragan --ch 64 128

All are whole runs of experiments/train.py on the sample set, started in turn; the rate is read
from the log, from its second line to its last, so that neither start nor end counts.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from speed import spread

TRAIN = Path(__file__).parents[1] / "train.py"
LINES = 6  # of the log


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--algorithm", nargs="+", default=["sngan", "dragan"])
    parser.add_argument("--variant", nargs="+", default=["A"])
    parser.add_argument("--ch", nargs="+", type=int, default=[64, 128])
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--iterations", type=int, default=60, help="of a run (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def iterations_per_second(prefix: list[str], threads: int, flags: list[str], every: int) -> float:
    """Train, by as many processes as the ``prefix`` of mpiexec says, and return the log's rate."""
    threads_env = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS")}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        command = [*prefix, sys.executable, "-W", "ignore", str(TRAIN), *flags]
        command += [f"--out={out}", f"--log-every={every}", "--gpu=-1"]
        subprocess.run(command, env={**os.environ, **threads_env}, check=True, capture_output=True)
        log = json.loads((out / "log").read_text())
    iterations = log[-1]["iteration"] - log[1]["iteration"]
    return iterations / (log[-1]["elapsed_time"] - log[1]["elapsed_time"])


def main() -> None:
    """Print a Markdown table, a line per net."""
    args = parse_arguments()
    mpiexec = ["mpiexec", "-n", str(args.workers)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        mpiexec += ["--allow-run-as-root"]
    ways = {
        f"{args.workers} workers": (mpiexec, 1, ["--communicator=naive"]),
        f"{args.workers} threads": ([], args.workers, []),
        "1 thread": ([], 1, []),
    }
    print(f"batch {args.batch_size} in all, {args.rounds} rounds; median (min to max)\n")
    first, *others = ways
    ratios = [f"{first} / {other}" for other in others]
    print("| " + " | ".join(["net", f"images/s {' / '.join(ways)}", *ratios]) + " |")
    print("|---" * (2 + len(ratios)) + "|")
    for algorithm, variant, ch in itertools.product(args.algorithm, args.variant, args.ch):
        flags = ["--algorithm", algorithm, "--variant", variant, "--ch", str(ch)]
        flags += ["--dataset=sample", f"--iterations={args.iterations}"]
        flags += [f"--batch-size={args.batch_size}", "--preview-every=100"]
        every = args.iterations // LINES
        rates: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(args.rounds):
            for way, (prefix, threads, more) in ways.items():
                rate = iterations_per_second(prefix, threads, [*flags, *more], every)
                rates[way].append(rate * args.batch_size)
        images = " / ".join(f"{statistics.median(r):.0f}" for r in rates.values())
        ratios = [spread([a / b for a, b in zip(rates[first], rates[way])]) for way in others]
        print(f"| {algorithm} {variant} ch {ch} | {images} | {' | '.join(ratios)} |", flush=True)


if __name__ == "__main__":
    main()
