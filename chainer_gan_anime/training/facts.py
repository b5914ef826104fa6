"""What a run says of itself: to the user, in settings.json, and when it goes on."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import chainer
import numpy as np

from chainer_gan_anime.algorithms import registry
from chainer_gan_anime.common.workers import Workers
from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.data.iterator import DeviceIterator
from chainer_gan_anime.kernels import engines
from chainer_gan_anime.settings import Settings
from crawler.shared.errors import UserError


class Run(Protocol):
    """What is read of :class:`chainer_gan_anime.training.run.Run`."""

    settings: Settings
    faces: FaceImages
    out: Path
    device: chainer.backend.Device
    workers: Workers
    engine: str | None
    n_iterations: int
    models: dict[str, chainer.Chain]
    iterator: DeviceIterator
    start: dict[str, Any] | None
    report: Callable[[str], None]


def collect(run: Run) -> dict[str, Any]:
    """Return what settings.json holds beside the settings."""
    data = {
        "source": Path(run.faces.source).name,
        "images": len(run.faces.images),
        "unreadable": len(run.faces.unreadable),
        "sha256": run.faces.digest,
    }
    return {
        "data": data | _tag_facts(run),
        "iterations": run.n_iterations,
        "workers": run.workers.size,
        **({"start": run.start} if run.start else {}),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "chainer": chainer.__version__,
            "device": str(run.device),
            **({"cpu_engine": run.engine} if run.engine else {}),
        },
    }


def _tag_facts(run: Run) -> dict[str, Any]:
    """Return the tags that the nets know, and a digest of the images'."""
    if not registry.ALGORITHMS[run.settings.algorithm].tagged:
        return {}
    digest = hashlib.sha256(np.ascontiguousarray(run.faces.tags)).hexdigest()
    return {"tags": run.faces.vocabulary.to_dict(), "tags_sha256": digest}


def describe(run: Run) -> str:
    """Return the resolved settings and the run's length, one per line."""
    values = run.settings.to_dict()
    if run.settings.iterations is not None:
        del values["epochs"]  # which then do not decide
    lines = [f"  {key:<20}{value}" for key, value in values.items()]
    n_images = len(run.faces.images)
    epochs = run.settings.to_epochs(run.n_iterations, n_images)
    (_, gen), (_, dis), *extra = run.models.items()
    if run.device.xp is np:
        place = "in memory"
    else:
        place = "on the device" if run.iterator.resident else "on the host"
    lines += [
        f"{n_images} images from {run.faces.source}, {place}",
        f"{run.n_iterations} iterations: as many updates of G, "
        f"{run.n_iterations * run.settings.n_dis} of D, {epochs:.4g} epochs",
        f"{gen.count_params():,} parameters in G, {dis.count_params():,} in D"
        + "".join(f", {net.count_params():,} in {name}" for name, net in extra),
        f"writes to {run.out}",
    ]
    if run.start:
        start = f"starts from the nets of {run.start['run']}, iteration {run.start['iteration']}"
        if ch := run.start.get("widened_from_ch"):
            start += f", widened from {ch} channels"
        if share := run.start.get("steady"):
            start += f", narrowed to the steadiest {share:g} of its latents"
        lines.append(start + "".join(f", {name} anew" for name in run.start.get("anew", ())))
    if run.engine:
        lines.append(f"computed by {engines.ENGINES[run.engine].describe()}")
    if run.workers.size > 1:
        share = run.settings.batch_size // run.workers.size
        lines.append(f"{run.workers.size} workers, {share} images of each batch at each")
    return "\n".join(lines)


def compare(run: Run, before: Settings, facts: dict[str, Any]) -> None:
    """Make sure that a run goes on as it began.

    Args:
        run: The run, which is to be resumed.
        before: Its settings when it began.
        facts: What :func:`collect` said then.

    Raises:
        UserError: Settings, images, tags, length or workers differ.
    """
    differences = before.differences(run.settings)
    digest = facts.get("data", {}).get("sha256")
    if digest != run.faces.digest:
        differences.append(f"images: sha256 {digest} before, {run.faces.digest} now")
    data = _tag_facts(run)
    if any(facts.get("data", {}).get(key) != data[key] for key in data):
        differences.append("tags: others before")
    if run.n_iterations < facts.get("iterations", 0):
        differences.append(
            f"length: {facts['iterations']} iterations before, {run.n_iterations} now"
        )
    if run.workers.size != facts.get("workers", 1):
        differences.append(f"workers: {facts.get('workers', 1)} before, {run.workers.size} now")
    if differences:
        raise UserError(
            f"{run.out} was trained with other settings and only its length may grow "
            f"({'; '.join(differences)}): give the same settings, or another --out."
        )
