"""BLAS keeps to one thread while oneDNN computes by several."""

from __future__ import annotations

import pytest
import threadpoolctl

from chainer_gan_anime.kernels import onednn


def blas_threads() -> list[int]:
    controller = threadpoolctl.ThreadpoolController().select(user_api="blas")
    return [library.num_threads for library in controller.lib_controllers]


def test_blas_has_one_thread_inside_and_its_own_number_outside():
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        if 2 not in blas_threads():
            pytest.skip("a BLAS of one thread")
        with onednn.fast_kernels():
            assert set(blas_threads()) == {1}
            with onednn.fast_kernels():
                pass
            assert set(blas_threads()) == {1}
        assert 2 in blas_threads()
