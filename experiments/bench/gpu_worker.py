"""A process that times nets on a GPU in one mode, ours or PyTorch's: gpu.py starts one of each.

What a mode sets is read once in a process (CuPy's TF32), and memory of one contender would stand
in the other's way.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODES = ("float32", "tf32", "mixed16")
N_WARM_UP = 3
N_IMAGES = 512


class Worker:
    """The process, as a context.

    Args:
        contender: ``'ours'`` or ``'torch'``.
        mode: One of :data:`MODES`.
        stand_in: Whether it runs on tests/hostcupy.
    """

    def __init__(self, contender: str, mode: str, stand_in: bool):
        self._command = [sys.executable, "-W", "ignore", __file__, contender, mode]
        self._command += ["--stand-in"] if stand_in else []
        self._mode = mode
        self._process = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exception) -> None:
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait()

    def time(self, net: dict) -> dict:
        """Return ms, host_ms and peak_mib of an iteration of a net, or the error."""
        if self._process is None or self._process.poll() is not None:
            tf32 = str(int(self._mode == "tf32"))
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env={**os.environ, "CUPY_TF32": tf32, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        try:
            self._process.stdin.write(json.dumps(net) + "\n")
            self._process.stdin.flush()
            answer = self._process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        return json.loads(answer) if answer else {"error": "it crashed"}


def make_ours(settings, images) -> tuple[Callable, Callable, Callable]:
    """Return an iteration, a wait for the device, and the memory in use in bytes."""
    import chainer

    from chainer_gan_anime.algorithms import registry
    from chainer_gan_anime.common.random_state import make_stream
    from chainer_gan_anime.data.iterator import DeviceIterator
    from chainer_gan_anime.kernels import cuda as device_kernels

    chainer.config.type_check = False  # as in training
    device_kernels.install()
    device = chainer.get_device("@cupy:0")
    device.use()
    iterator = DeviceIterator(images, settings.batch_size, make_stream(0, "images"), device=device)
    models = registry.make_generator(settings), registry.make_discriminator(settings)
    updater = registry.make_updater(settings, models, iterator, device)
    reporter = chainer.Reporter()

    def step() -> None:
        with reporter.scope({}):
            updater.update()

    cupy = chainer.backends.cuda.cupy
    pool = cupy.get_default_memory_pool()
    return step, cupy.cuda.runtime.deviceSynchronize, pool.total_bytes


def make_torch(settings, images) -> tuple[Callable, Callable, Callable]:
    """The same of PyTorch."""
    import torch

    from experiments.bench.torch_reference import make_step

    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = settings.tf32
    torch.backends.cudnn.benchmark = True
    step = make_step(settings, images, "cuda")
    return step, torch.cuda.synchronize, torch.cuda.max_memory_reserved


CONTENDERS = {"ours": make_ours, "torch": make_torch}


def measure(contender: str, mode: str, net: dict) -> dict[str, float]:
    """Time iterations of one net for some seconds."""
    import numpy as np

    from chainer_gan_anime.algorithms.presets import resolve

    net = dict(net)
    seconds, algorithm = net.pop("seconds"), net.pop("algorithm")
    dtype = "mixed16" if mode == "mixed16" else "float32"
    settings = resolve(algorithm, "noise", dtype=dtype, tf32=mode == "tf32", **net)
    shape = (N_IMAGES, 3, settings.image_size, settings.image_size)
    images = np.random.RandomState(0).randint(0, 256, shape, dtype=np.uint8)
    step, wait, used_bytes = CONTENDERS[contender](settings, images)
    for _ in range(N_WARM_UP):
        step()
    wait()
    start = time.perf_counter()
    step()
    host = time.perf_counter() - start
    wait()
    n, start = 0, time.perf_counter()
    while n < 2 or time.perf_counter() - start < seconds:
        step()
        n += 1
        if n % 10 == 0:
            wait()  # launches run ahead of the clock otherwise
    wait()
    ms = (time.perf_counter() - start) / n * 1000
    return {"ms": ms, "host_ms": host * 1000, "peak_mib": used_bytes() / 2**20}


def main() -> None:
    """Answer each line on stdin, a net, by a line, its times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--stand-in", action="store_true")
    args = parser.parse_args()
    if args.stand_in:
        from tests.hostcupy import install

        install()
    import chainer_gan_anime  # noqa: F401  before Chainer

    for line in sys.stdin:
        try:
            answer = measure(args.contender, args.mode, json.loads(line))
        except Exception as error:
            if "OutOfMemory" not in type(error).__name__:
                raise
            answer = {"error": "out of memory"}
        print(json.dumps(answer), flush=True)
        gc.collect()
        free_memory(args.contender)


def free_memory(contender: str) -> None:
    """Give the device's memory back for the next net."""
    if contender == "ours":
        import cupy

        cupy.get_default_memory_pool().free_all_blocks()
    else:
        import torch

        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


if __name__ == "__main__":
    main()
