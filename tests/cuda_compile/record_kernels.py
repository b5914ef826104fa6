"""Run by itself: prints, as JSON, every kernel call that iterations make on hostcupy.

    python -m tests.cuda_compile.record_kernels

All algorithms with both variants, with our kernels and with Chainer's own, in single and in
mixed precision, and each setting that brings kernels of its own.
"""

from __future__ import annotations

import dataclasses
import json
import sys

from tests.hostcupy.install import install

install()

import chainer_gan_anime  # noqa: E402, F401  after the stand-in, before Chainer
from tests.device import small_runs  # noqa: E402
from tests.hostcupy.signature import RECORDED  # noqa: E402

RUNS = [
    *((algorithm, variant, {}) for algorithm in small_runs.ALGORITHMS for variant in "AB"),
    ("dragan", "B", {"n_dis": 2, "perturb_std": "scalar"}),
    ("dragan", "srresnet", {"image_size": 32}),
    ("dragan", "srresnet", {"image_size": 32, "dtype": "mixed16"}),
    ("sngan", "A", {"power_iteration": "forward", "loss": "hinge", "fresh_fakes": True}),
    ("dragan", "A", {"augment": "color,translation,cutout", "augment_target": 0.6, "r1": 1.0}),
    ("sngan", "A", {"augment": "color,translation", "loss": "hinge", "lecam": 0.3}),
    *((algorithm, "A", {"dtype": "mixed16"}) for algorithm in small_runs.IN_HALF),
]


def main() -> None:
    for algorithm, variant, more in RUNS:
        settings = small_runs.small_settings(algorithm, variant, **more)
        updater = small_runs.small_updater(settings, "@cupy:0")
        small_runs.take_own_noise(updater)  # the device's, not the tests'
        for fast in (True, False):
            small_runs.update(updater, fast)
    json.dump([dataclasses.asdict(call) for call in RECORDED], sys.stdout)


if __name__ == "__main__":
    main()
