"""Small runs that ``test_workers.py`` starts with mpiexec, or alone in its own process.

    mpiexec -n 2 python together.py FOLDER SCENARIO...

Every scenario is a function of the folder and the workers.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np

from chainer_gan_anime.algorithms.presets import resolve
from chainer_gan_anime.common.tags import Vocabulary
from chainer_gan_anime.common.workers import Workers, start_workers
from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.runs import npz
from chainer_gan_anime.training.place import choose_device
from chainer_gan_anime.training.run import Run
from crawler.shared.errors import UserError

N_ITERATIONS = 6
CASES = {
    "dragan": dict(algorithm="dragan", n_dis=2),
    "dragan_scalar": dict(algorithm="dragan", perturb_std="scalar", sampling="shuffle"),
    "sngan": dict(algorithm="sngan", flip=True),
    "dcgan": dict(algorithm="dcgan", variant="B"),
    "acgan": dict(algorithm="acgan", n_dis=2),
    "wgan_gp": dict(algorithm="wgan_gp", n_dis=2),
    "cramer": dict(algorithm="cramer", n_dis=2, output_dim=16),
    "began": dict(algorithm="began"),
    "dfm": dict(algorithm="dfm"),
    "apart": dict(algorithm="dcgan", sync_bn=False),
}


def make_run(out: Path, workers: Workers, **given) -> Run:
    """A run on 20 images of noise; an epoch is 3 batches, and ends in a snapshot."""
    images = np.random.RandomState(0).randint(0, 256, (20, 3, 16, 16)).astype(np.uint8)
    small = dict(image_size=16, ch=16, n_hidden=8, batch_size=8, iterations=N_ITERATIONS)
    often = dict(log_every=1, snapshot_every=1, preview_every=9, sync_bn=True)
    settings = resolve(**{"dataset": "noise", **small, **often, **given})
    tags = images[:, :, 0, 0] // 128
    vocabulary = Vocabulary(("a", "b", "c"), {"group": ("a", "b")}, tuple(tags.mean(0)))
    faces = FaceImages(images, "noise", "digest", (), tags, vocabulary)
    return Run(settings, faces, out, choose_device(-1)[0], workers=workers)


def save_state(path: Path, run: Run) -> None:
    """Write all that one worker holds."""
    npz.save(path, run.updater)


def do_at(run: Run, iteration: int, rank: int, action) -> None:
    """Call ``action`` at the end of an iteration at one of the workers."""

    def act(trainer) -> None:
        if trainer.updater.iteration == iteration and run.workers.rank == rank:
            action()

    run.trainer.extend(act, name="act", trigger=(1, "iteration"))


def kill_self(number: int) -> None:
    """Send this process a signal."""
    os.kill(os.getpid(), number)


def fail(error: Exception) -> None:
    """Raise."""
    raise error


def train_all(folder: Path, workers: Workers) -> None:
    """Train every case and save what each worker ended with."""
    for name, given in CASES.items():
        run = make_run(folder / name, workers, **given)
        run.train()
        save_state(folder / f"{name}_rank{workers.rank}.npz", run)


def crash(folder: Path, workers: Workers) -> None:
    """Kill the second worker in the fifth iteration; the last snapshot is of the third."""
    run = make_run(folder / "crashed", workers, **CASES["apart"])
    do_at(run, 5, 1, lambda: kill_self(signal.SIGKILL))
    run.train()


def resume(folder: Path, workers: Workers) -> None:
    """Go on with what crashed."""
    run = make_run(folder / "crashed", workers, **CASES["apart"])
    assert run.resume()
    run.train()
    save_state(folder / f"crashed_rank{workers.rank}.npz", run)


def stop(folder: Path, workers: Workers) -> None:
    """Ask the second worker to stop in the second iteration."""
    run = make_run(folder / "stopped", workers, **CASES["sngan"])
    do_at(run, 2, 1, lambda: kill_self(signal.SIGTERM))
    assert not run.train()
    save_state(folder / f"stopped_rank{workers.rank}.npz", run)


def mistake(folder: Path, workers: Workers) -> None:
    """Let the second worker meet a user's mistake."""
    run = make_run(folder / "mistake", workers, **CASES["sngan"])
    do_at(run, 2, 1, lambda: fail(UserError("only the second worker sees this.")))
    run.train()


def bug(folder: Path, workers: Workers) -> None:
    """Let the first worker meet a bug."""
    run = make_run(folder / "bug", workers, **CASES["sngan"])
    do_at(run, 2, 0, lambda: fail(ZeroDivisionError("a bug")))
    run.train()


if __name__ == "__main__":
    with start_workers("naive") as the_workers:
        for scenario in sys.argv[2:]:
            globals()[scenario](Path(sys.argv[1]), the_workers)
