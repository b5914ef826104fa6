"""Batch normalisation over the images of all workers."""

from __future__ import annotations

import chainer
import chainer.links as L
import numpy as np
from chainer.backend import get_array_module
from chainer.functions.normalization.batch_normalization import (
    BatchNormalization,
    GeneralBatchNormalizationImpl,
)
from chainermn.functions.batch_normalization import MultiNodeBNImplSelector


class SharedSums(GeneralBatchNormalizationImpl):
    """Batch normalisation between CPUs: each worker's sums by the engine, then over the workers.

    ChainerMN's own goes through the images by NumPy, and takes the variance from squares that
    are not centred.

    Args:
        comm: ChainerMN's naive communicator.
    """

    def __init__(self, comm):
        self._comm = comm

    def get_mean_and_var(self, axis, gamma, x, xp, interm_dtype):
        """Return the mean and the variance of all workers' images, of each as many."""
        own = np.stack(super().get_mean_and_var(axis, gamma, x, xp, interm_dtype))
        gathered = np.empty((self._comm.size, *own.shape), own.dtype)
        self._comm.mpi_comm.Allgather(own, gathered)
        means, variances = gathered[:, 0], gathered[:, 1]
        mean = means.mean(axis=0)
        return mean, (variances + np.square(means - mean)).mean(axis=0)

    def get_ggamma_and_gbeta(self, axis, gamma, gy, x_hat, xp):
        """Return the workers' mean gradients of beta and of gamma, in this order."""
        return self.average(*super().get_ggamma_and_gbeta(axis, gamma, gy, x_hat, xp))

    def average(self, *sums: np.ndarray) -> np.ndarray:
        """Return the workers' means of some arrays of one shape."""
        means = np.stack(sums)
        self._comm._multi_node_mean(None, means)
        return means


class _Shared(MultiNodeBNImplSelector):
    """The choice of functions; copies of a link keep it, as a communicator has none."""

    def __call__(self, function, inputs):
        if self.communication_backend_name == "mpi" and get_array_module(*inputs) is np:
            return SharedSums(self.comm)
        return super().__call__(function, inputs)

    def __deepcopy__(self, memo):
        return self


class MultiNodeBatchNormalization(L.BatchNormalization):
    """Chainer's link, whose mean and variance are those of all workers' images together.

    Between GPUs it communicates by ChainerMN's functions.  ChainerMN's own link of this name is
    not used: it moves the running statistics also while ``chainer.config.in_recomputing`` is set
    (D in G's step), corrects the running variance for the worker's share instead of the whole
    batch, and its ``create_mnbn_model`` gives a gamma to links that have none.

    Args:
        link: The fresh link whose place this one takes.
        comm: ChainerMN's communicator.
        backend: What it sums with: ``'mpi'`` or ``'nccl'``.

    Attributes:
        alone: Whether it leaves the other workers out, which do not take part when the first
            one draws.
    """

    alone = False

    def __init__(self, link: L.BatchNormalization, comm, backend: str):
        super().__init__(
            link.avg_mean.shape,
            link.decay,
            link.eps,
            link.avg_mean.dtype,
            use_gamma=link.gamma is not None,
            use_beta=link.beta is not None,
        )
        self._n_workers = comm.size
        self._implementation = _Shared(comm, backend)

    def forward(self, x) -> chainer.Variable:
        """Normalise x (B, C[, H, W]), of which every worker holds as many images."""
        if self.alone or not chainer.config.train:
            return super().forward(x)
        gamma = self._get_gamma()[0] if self.gamma is None else self.gamma
        beta = self._get_beta()[0] if self.beta is None else self.beta
        function = BatchNormalization(self.eps, impl_selector=self._implementation)
        (y,) = function.apply((x, gamma, beta))
        if not chainer.config.in_recomputing:
            self._follow(function.mean, function.var, x.size // gamma.size * self._n_workers)
        return y

    def _follow(self, mean, var, n_values: int) -> None:
        """Move the running statistics towards a batch's."""
        self.avg_mean += (1 - self.decay) * (mean - self.avg_mean)
        unbiased = n_values / max(n_values - 1, 1) * var
        self.avg_var += (1 - self.decay) * (unbiased - self.avg_var)
