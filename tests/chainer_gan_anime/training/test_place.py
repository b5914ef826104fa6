import numpy as np
import pytest

from chainer_gan_anime import compat
from chainer_gan_anime.training.place import choose_device
from crawler.shared.errors import UserError


def test_without_a_device_the_cpu_is_taken_and_said(monkeypatch):
    monkeypatch.setattr(compat, "device_count", lambda: 0)
    device, sentence = choose_device(None)
    assert device.xp is np and sentence == "No CUDA device found: this runs on the CPU."
    assert choose_device(-1)[0].xp is np
    with pytest.raises(UserError, match="--gpu 0 does not exist"):
        choose_device(0)
