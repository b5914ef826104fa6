"""Batch normalisation over the images of all workers."""

from __future__ import annotations

import chainer
import chainer.links as L
from chainer.functions.normalization.batch_normalization import BatchNormalization
from chainermn.functions.batch_normalization import MultiNodeBNImplSelector


class _Shared(MultiNodeBNImplSelector):
    """ChainerMN's choice of functions; copies of a link keep it, as a communicator has none."""

    def __deepcopy__(self, memo):
        return self


class MultiNodeBatchNormalization(L.BatchNormalization):
    """Chainer's link, whose mean and variance are those of all workers' images together.

    It communicates by ChainerMN's functions.  ChainerMN's own link of this name is not used: it
    moves the running statistics also while ``chainer.config.in_recomputing`` is set (D in G's
    step), corrects the running variance for the worker's share instead of the whole batch, and
    its ``create_mnbn_model`` gives a gamma to links that have none.

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
