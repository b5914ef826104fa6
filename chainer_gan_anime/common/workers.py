"""Workers: the processes that train one pair of nets together, by Chainer's ChainerMN.

K workers compute what one would: all draw the same batch, latents and noise from the same
streams, and each works on its own K-th of them (:meth:`Workers.share`), so no image is seen
twice and the run's random state is the same everywhere, whatever K is.  Gradients are averaged
before every step.  Files are read and written by the first worker alone.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from typing import TypeVar

import chainer
import chainer.links as L
import numpy as np
from chainer import backend

from chainer_gan_anime.common.gradient_exchange import InOneMessage, InOrder
from chainer_gan_anime.kernels.cuda import statistics
from crawler.shared.errors import UserError, exits_cleanly

T = TypeVar("T")

COMMUNICATORS = ("naive", "pure_nccl")
# Set by Open MPI's, and by MPICH's and Intel's mpiexec.
SIZE_VARIABLES = ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")
# How long the others keep an error to themselves, in case the first worker has the same one.
PATIENCE_S = 1.0


class Workers:
    """One worker alone: every question to the others is answered here, by nothing or itself.

    Attributes:
        communicator: ``'naive'``, ``'pure_nccl'``, or None for a worker alone.
        rank: This worker's number; worker 0 is the first.
        size: How many there are.
        local_rank: This worker's number on its machine.
        local_size: How many there are on its machine.
    """

    communicator: str | None = None
    rank = 0
    size = 1
    local_rank = 0
    local_size = 1

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *exception) -> None:
        pass

    def share(self, batch):
        """Return this worker's part of an array whose first axis is the whole batch."""
        n = len(batch) // self.size
        return batch[self.rank * n : (self.rank + 1) * n]

    def once(self, function: Callable[[], T]) -> T:
        """Call ``function`` at the first worker and return its (picklable) result at all."""
        return function()

    def highest(self, number: int) -> int:
        """Return the highest of the workers' numbers."""
        return number

    def std(self, x, axis):
        """Return the standard deviation over the batch, of which ``x`` is this worker's part.

        Args:
            x: Array (B, ...).
            axis: None or a tuple that has the batch's axis in it; the dimensions stay, as 1.
        """
        if backend.get_array_module(x) is not np:
            return statistics.standard_deviation(x, axis)
        return x.std(axis=axis, keepdims=True)

    def mean(self, x):
        """Return the mean over the workers of a float32 array that each has its own of."""
        return x

    def average_gradients(self, optimizer: chainer.Optimizer) -> chainer.Optimizer:
        """Return an optimizer whose ``update`` averages the workers' gradients first."""
        return optimizer

    def normalise_together(self, model: chainer.Chain) -> None:
        """Make ``model`` normalise over the images of all workers."""

    def hand_out(self, target) -> None:
        """Give the first worker's state of a serialisable object to all."""


ALONE = Workers()


class MPIWorkers(Workers):
    """Workers started by ``mpiexec``; one per process.

    As a context it ends all workers when one of them fails: the others would wait for it for
    ever.

    Args:
        communicator: ``'naive'``: between CPUs, by MPI; ``'pure_nccl'``: between GPUs, by NCCL.

    Raises:
        UserError: MPI, mpi4py or NCCL is missing.
    """

    def __init__(self, communicator: str):
        try:
            import mpi4py.MPI  # noqa: F401  starts MPI
        except (ImportError, RuntimeError) as error:  # RuntimeError: no MPI library to load
            raise UserError(
                f"--communicator {communicator} needs MPI and mpi4py ({error}): install Open MPI "
                "(Debian: openmpi-bin) and the extra, pip install '.[mpi]'."
            ) from None
        import chainermn

        self.communicator = communicator
        try:
            self._comm = chainermn.create_communicator(communicator)
        except RuntimeError as error:
            raise UserError(
                f"--communicator {communicator} needs NCCL ({error}): install nvidia-nccl-cu12 "
                "beside CuPy, or take naive, which averages between CPUs."
            ) from None
        # Its kernels that pack all gradients at once do not compile with today's CuPy ("half" is
        # undefined); without them each is copied by itself.
        self._comm.set_config("batched_copy", False)
        self._mpi = self._comm.mpi_comm
        self.rank, self.size = self._comm.rank, self._comm.size
        self.local_rank, self.local_size = self._comm.intra_rank, self._comm.intra_size

    def __exit__(self, kind, error, trace) -> None:
        if error is None:
            return
        if self.rank > 0:
            time.sleep(PATIENCE_S)
        self._mpi.Abort(_report(error))

    def once(self, function: Callable[[], T]) -> T:
        """Call ``function`` at the first worker and return its result at all."""
        return self._comm.bcast_obj((function(),) if self.rank == 0 else None)[0]

    def highest(self, number: int) -> int:
        """Return the highest of the workers' numbers."""
        import mpi4py.MPI

        return self._mpi.allreduce(number, mpi4py.MPI.MAX)

    def std(self, x, axis):
        """Return the standard deviation over the batch of all workers."""
        mean = self.mean(x.mean(axis=axis, keepdims=True))
        return self.mean(((x - mean) ** 2).mean(axis=axis, keepdims=True)) ** 0.5

    def mean(self, x):
        """Return the mean of the workers' float32 arrays."""
        if self.communicator == "naive":
            return self._comm.allreduce(x) / self.size
        from chainer.backends.cuda import Stream, cupy
        from chainermn import nccl

        total = cupy.empty_like(x)
        self._comm._init_comms()  # as ChainerMN's own batch normalisation does
        self._comm.nccl_comm.allReduce(
            x.data.ptr, total.data.ptr, x.size, nccl.NCCL_FLOAT32, nccl.NCCL_SUM, Stream.null.ptr
        )
        return total / self.size

    def average_gradients(self, optimizer: chainer.Optimizer) -> chainer.Optimizer:
        """Return ChainerMN's multi-node optimizer around ``optimizer``."""
        import chainermn

        exchange = {"naive": InOneMessage, "pure_nccl": InOrder}[self.communicator](self._comm)
        together = chainermn.create_multi_node_optimizer(optimizer, exchange)
        # Its first update would throw the gradients away and only send the parameters around,
        # also after every resume.  They are equal from the seed on, so it is told that this
        # has been done.
        together.is_changed(optimizer.target)
        return together

    def normalise_together(self, model: chainer.Chain) -> None:
        """Put :class:`MultiNodeBatchNormalization` in the place of batch normalisation."""
        from chainer_gan_anime.common.multi_node_bn import MultiNodeBatchNormalization

        backend = "mpi" if self.communicator == "naive" else "nccl"
        for link in list(model.children()):
            if isinstance(link, L.BatchNormalization):
                shared = MultiNodeBatchNormalization(link, self._comm, backend)
                delattr(model, link.name)
                with model.init_scope():
                    setattr(model, link.name, shared)

    def hand_out(self, target) -> None:
        """Give the first worker's state of a serialisable object to all."""
        saver = chainer.serializers.DictionarySerializer()
        state = self.once(lambda: saver.save(target) or saver.target)
        if self.rank > 0:
            chainer.serializers.NpzDeserializer(state).load(target)


def start_workers(communicator: str | None) -> Workers:
    """Return this process's place among the workers.

    Args:
        communicator: As ``--communicator``; None for a worker alone.

    Raises:
        UserError: MPI, mpi4py or NCCL is missing, or mpiexec started several workers that do
            not know of each other.
    """
    if communicator is not None:
        return MPIWorkers(communicator)
    started = max(int(os.environ.get(name, 1)) for name in SIZE_VARIABLES)
    if started > 1:
        raise UserError(
            f"mpiexec started {started} processes that would each train alone into one folder: "
            "add --communicator naive (CPUs) or --communicator pure_nccl (GPUs)."
        )
    return ALONE


def _report(error: BaseException) -> int:
    """Print an error as a command alone would; return its exit code."""

    @exits_cleanly
    def fail() -> None:
        raise error

    try:
        return fail()
    except BaseException:
        traceback.print_exception(error)
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
