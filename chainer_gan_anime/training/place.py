"""Choosing where to train, and the options of that place."""

from __future__ import annotations

import os

import chainer
import numpy as np

from chainer_gan_anime import compat
from chainer_gan_anime.common.workers import ALONE, Workers
from chainer_gan_anime.kernels.engines import check_bfloat16
from chainer_gan_anime.options import flag_name
from chainer_gan_anime.settings import Settings
from crawler.shared.errors import UserError


def choose_device(gpu: int | None, workers: Workers = ALONE) -> tuple[chainer.backend.Device, str]:
    """Return the device of ``--gpu`` and one sentence that names it.

    Args:
        gpu: Number of the CUDA device; negative for the CPU; None for device 0 if there is one.
        workers: Several share out the machine's devices by themselves: with naive they run on
            the CPU, with pure_nccl each takes the device of its number on the machine.

    Raises:
        UserError: There is no such device, or not one for each worker.
    """
    n_devices = compat.device_count()
    if workers.communicator is not None:
        gpu = _device_of_worker(gpu, workers, n_devices)
    if gpu is None and n_devices == 0:
        return chainer.get_device("@numpy"), "No CUDA device found: this runs on the CPU."
    if gpu is not None and gpu < 0:
        return chainer.get_device("@numpy"), "This runs on the CPU, as asked."
    number = gpu or 0
    if number >= n_devices:
        raise UserError(
            f"--gpu {number} does not exist: {n_devices} CUDA device(s) can be used here; take "
            "--gpu -1 for the CPU, or see the README's troubleshooting."
        )
    device = chainer.get_device(f"@cupy:{number}")
    device.use()
    name = chainer.backends.cuda.cupy.cuda.runtime.getDeviceProperties(number)["name"]
    return device, f"This runs on CUDA device {number}, {name.decode()}."


def _device_of_worker(gpu: int | None, workers: Workers, n_devices: int) -> int:
    """Return the device's number, -1 for the CPU, for one of several workers."""
    if workers.communicator == "naive":
        if gpu is not None and gpu >= 0:
            raise UserError(
                "--communicator naive averages between CPUs: leave --gpu out, or take "
                "--communicator pure_nccl."
            )
        return -1
    if gpu is not None:
        raise UserError(
            "--communicator pure_nccl gives each worker a GPU of its own: leave --gpu out."
        )
    if workers.local_size > n_devices:
        raise UserError(
            f"{workers.local_size} workers on a machine with {n_devices} CUDA device(s) that can "
            "be used: start one worker per device, or take --communicator naive for the CPU."
        )
    return workers.local_rank


def apply_options(
    settings: Settings, device: chainer.backend.Device, engine: str | None = None
) -> list[str]:
    """Set what CuPy reads once, and return a sentence for each option without effect here.

    Args:
        settings: The run's settings: ``dtype``, ``tf32``, ``autotune``, ``deterministic``.
        device: Where the run trains.
        engine: What computes on a CPU; None on a CUDA device.

    Raises:
        UserError: mixed16 on the CPU, where NumPy's half precision is software; bfloat16
            elsewhere than with oneDNN on a processor that has it.
    """
    on_cpu = device.xp is np
    if on_cpu and settings.dtype == "mixed16":
        raise UserError(
            "--dtype mixed16 needs a CUDA device, as half precision takes a CPU many times "
            "longer: leave it out, or see --gpu."
        )
    if settings.dtype == "bfloat16":
        if not on_cpu:
            raise UserError(
                "--dtype bfloat16 is for CPUs: take mixed16 or --tf32 on a CUDA device."
            )
        check_bfloat16(engine)
    if not on_cpu:
        # CuPy reads it at its first product; said in both cases, so that settings.json is right.
        os.environ["CUPY_TF32"] = str(int(settings.tf32))
    if on_cpu:
        idle, reason = ("tf32", "autotune", "deterministic"), "on the CPU"
    elif chainer.backends.cuda.cudnn_enabled:
        return []
    else:
        idle, reason = ("autotune", "deterministic"), "without cuDNN (CuPy 14 has none any more)"
    return [f"{flag_name(n)} has no effect {reason}." for n in idle if getattr(settings, n)]
