"""Choosing where to train."""

from __future__ import annotations

import chainer

from chainer_gan_anime import compat
from crawler.errors import UserError


def choose_device(gpu: int | None) -> tuple[chainer.backend.Device, str]:
    """Return the device of ``--gpu`` and one sentence that names it.

    Args:
        gpu: Number of the CUDA device; negative for the CPU; None for device 0 if there is one.

    Raises:
        UserError: There is no such device.
    """
    n_devices = compat.device_count()
    if gpu is None and n_devices == 0:
        return chainer.get_device("@numpy"), "No CUDA device found: this runs on the CPU."
    if gpu is not None and gpu < 0:
        return chainer.get_device("@numpy"), "This runs on the CPU, as --gpu says."
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
