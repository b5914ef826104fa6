"""Tests of this folder need the library; what it leaves unwritten shows as NaN."""

from __future__ import annotations

import numpy as np
import pytest

from chainer_gan_anime.kernels.onednn import api, library


@pytest.fixture(autouse=True)
def onednn():
    """Skips without a library that can be used."""
    try:
        return api.onednn()
    except library.Missing as error:
        pytest.skip(str(error))


@pytest.fixture
def poisoned(monkeypatch):
    """Fills every uninitialised array with NaN (0xff) before it is written."""

    def poison(make):
        def made(*args, **kwargs):
            array = make(*args, **kwargs)
            array.view(np.uint8).fill(0xFF) if array.flags.c_contiguous else array.fill(np.nan)
            return array

        return made

    for name in ("empty", "empty_like"):
        monkeypatch.setattr(np, name, poison(getattr(np, name)))
