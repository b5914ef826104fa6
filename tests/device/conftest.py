"""The tests of the device path; they run on "device 0".

    python -m pytest -p tests.hostcupy.plugin tests/device     on the stand-in (no GPU needed)
    REAL_GPU=1 python -m pytest tests/device                   on a GPU, with the real CuPy

In any other process they are not collected: the stand-in has to be in place before Chainer is
imported.  ``tests/test_device_path.py`` starts the first form.
"""

import os
import sys

import pytest

import chainer_gan_anime  # noqa: F401  makes Chainer importable

ON_HOSTCUPY = getattr(sys.modules.get("cupy"), "is_hostcupy", False)
ON_GPU = os.environ.get("REAL_GPU") == "1"

collect_ignore_glob = [] if ON_HOSTCUPY or ON_GPU else ["*.py"]


@pytest.fixture
def counting():
    """hostcupy's ``counting``; a GPU does not count."""
    if not ON_HOSTCUPY:
        pytest.skip("launches and transfers are counted by tests/hostcupy only")
    from tests.hostcupy import counting

    return counting
