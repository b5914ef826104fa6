"""Cutting faces in several processes, in an order that does not depend on their number."""

from __future__ import annotations

import collections
import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import cv2

from crawler.faces.cutter import CutResult, FaceCutter
from crawler.faces.settings import FaceSettings
from crawler.shared.errors import UserError

Key = TypeVar("Key")

_AHEAD = 4  # pictures handed to each process beyond the one it works on


class FacePool:
    """Cuts faces in ``processes`` processes with one OpenCV thread each.

    One process works in place.  More are spawned at the first picture and live until
    :meth:`close`; they end by themselves if this one is killed.

    Args:
        settings: How the faces are cut.
        processes: How many.
        cascade: The cascade's file; looked for if None.

    Raises:
        UserError: If the cascade cannot be had, or a process died.
    """

    def __init__(
        self,
        settings: FaceSettings,
        processes: int = 1,
        *,
        cascade: str | os.PathLike | None = None,
    ):
        if processes < 1:
            raise UserError(f"--processes {processes} is not a positive number.")
        self._processes = processes
        self._arguments = settings, None if cascade is None else os.fspath(cascade)
        # Built even if others do the work: what is wrong with the cascade is said here, once.
        self._cutter = FaceCutter(settings, cascade=cascade)
        self._executor: ProcessPoolExecutor | None = None

    def map(
        self, pictures: Iterable[tuple[Key, str | os.PathLike | bytes]]
    ) -> Iterator[tuple[Key, CutResult]]:
        """Yield each picture's key and faces, in the order of the pictures.

        Pictures are drawn from the iterable a few ahead of what is yielded, in this process.
        """
        if self._processes == 1:
            threads = cv2.getNumThreads()
            cv2.setNumThreads(1)
            try:
                for key, source in pictures:
                    yield key, self._cutter.cut(source)
            finally:
                cv2.setNumThreads(threads)
            return
        pictures = iter(pictures)
        waiting = collections.deque()
        try:
            while True:
                room = self._processes * (1 + _AHEAD) - len(waiting)
                for key, source in itertools.islice(pictures, room):
                    waiting.append((key, self._submit(source)))
                if not waiting:
                    return
                key, future = waiting.popleft()
                yield key, future.result()
        except BrokenProcessPool as error:
            self._executor = None
            raise UserError(
                "a process that cuts faces was ended from outside (out of memory?): run the "
                "same command again, with fewer --processes if it happens again."
            ) from error
        finally:
            for _, future in waiting:
                future.cancel()

    def close(self) -> None:
        """End the processes."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
            self._executor = None

    def __enter__(self) -> FacePool:
        return self

    def __exit__(self, *exception):
        self.close()

    def _submit(self, source):
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self._processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_start_worker,
                initargs=self._arguments,
            )
        with _ctrl_c_held_back():
            return self._executor.submit(_cut, source)


@contextlib.contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Processes that start now never hear Ctrl-C: they inherit the mask, even while importing."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_worker_cutter: FaceCutter | None = None  # of a spawned process, which has nothing else


def _start_worker(settings: FaceSettings, cascade: str | None) -> None:
    global _worker_cutter
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's to handle
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    _worker_cutter = FaceCutter(settings, cascade=cascade)


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _cut(source: str | os.PathLike | bytes) -> CutResult:
    return _worker_cutter.cut(source)
