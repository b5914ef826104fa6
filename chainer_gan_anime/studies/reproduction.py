"""The article from two sets to its figures: what is done stays done, the rest is made."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import chainer
import numpy as np
from PIL import Image

from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.data.drawn import draw_face
from chainer_gan_anime.evaluation.held_out import held_out_rows
from chainer_gan_anime.evaluation.judge import judge_checkpoint
from chainer_gan_anime.evaluation.networks.features import Extractor
from chainer_gan_anime.evaluation.scores.registry import SCORES
from chainer_gan_anime.runs.checkpoints import Checkpoint, list_checkpoints
from chainer_gan_anime.runs.finished import FinishedRun
from chainer_gan_anime.runs.records import load_settings
from chainer_gan_anime.runs.snapshots import list_snapshots
from chainer_gan_anime.settings import Settings
from chainer_gan_anime.studies.wanted import Wanted
from chainer_gan_anime.training.run import Run
from crawler.shared.files import replacing

ALGORITHMS = ("dragan", "sngan")  # the rows of the article's 2x2


def train_rest(
    settings: Settings,
    faces: FaceImages,
    out: Path,
    device: chainer.backend.Device,
    report: Callable[[str], None] = print,
) -> bool:
    """Train a run from where it stands to its end; return False if a signal stopped it.

    Args:
        settings: The run's settings.
        faces: Its set.
        out: Its folder; if it is finished there, nothing happens.
        device: Where to train.
        report: Called with each sentence for the user.

    Raises:
        UserError: What lies in the folder was trained with other settings or images.
    """
    if _is_finished(settings, faces, out):
        report(f"{out} is finished: going on to the next.")
        return True
    run = Run(settings, faces, out, device, report)
    report(run.describe())
    if list_snapshots(out):
        run.resume()
    else:
        run.refuse_overwriting()
    return run.train()


def _is_finished(settings: Settings, faces: FaceImages, out: Path) -> bool:
    checkpoints = list_checkpoints(out)
    n_iterations = settings.count_iterations(len(faces.images))
    if not checkpoints or checkpoints[-1].iteration < n_iterations:
        return False
    before, facts = load_settings(out)
    return not before.differences(settings) and facts["data"]["sha256"] == faces.digest


def judge_rest(
    run: FinishedRun,
    faces: FaceImages,
    extractor: Extractor | None,
    n: int,
    seeds: Sequence[int],
    n_checkpoints: int,
    scores: Sequence[str] | None = None,
    data_root: str | None = None,
    device: chainer.backend.Device | None = None,
) -> None:
    """Append the scores that a run lacks to its scores.jsonl.

    What was judged by another set, through another feature network or of another count is
    lacking, too.  The last generator is judged with every seed, generators on the way there with
    the first.

    Args:
        run: The run.
        faces: Its set.
        extractor: Feature network; without one the scores that need features are left out.
        n: Images to judge; no more than the set holds.
        seeds: Of the latents and of the scores' draws.
        n_checkpoints: Generators to judge, the last among them.
        scores: Names; all that ``n`` and ``extractor`` allow by default.
        data_root: Where named sets lie.
        device: Where to draw; the CPU by default.
    """
    n = min(n, len(faces.images))
    names = [
        name
        for name in scores or SCORES
        if SCORES[name].min_n <= n and (extractor is not None or SCORES[name].needs is None)
    ]
    held_out = held_out_rows(run.settings.dataset, len(faces.images), data_root)
    wanted = Wanted(names, n, extractor, faces.digest)
    device = device or chainer.get_device("@numpy")
    for seed in seeds:
        checkpoints = run.thinned_checkpoints(n_checkpoints if seed == seeds[0] else 1)
        rest: dict[tuple[str, ...], list[Checkpoint]] = {}
        for checkpoint in checkpoints:
            at = checkpoint.iteration, seed
            lacking = wanted.lacking(
                line for line in run.scores if (line["iteration"], line["seed"]) == at
            )
            rest.setdefault(lacking, []).append(checkpoint)
        rest.pop((), None)
        for lacking, checkpoints in rest.items():
            judge = wanted.make_judge(faces.images, lacking, seed, held_out)
            for checkpoint in checkpoints:
                judge_checkpoint(run.path, checkpoint, judge, run.settings.dataset, faces, device)


def draw_two_sets(folder: Path, count: int, image_size: int, seed: int = 0) -> list[Path]:
    """Draw a set on white and one on coloured ground, as zips, unless they are there.

    Args:
        folder: Where they go.
        count: Faces in each.
        image_size: In pixels.
        seed: Of the drawing.

    Returns:
        ``white.zip`` and ``coloured.zip``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for ground in ("white", "coloured"):
        path = folder / f"{ground}.zip"
        paths.append(path)
        if path.exists():
            continue
        rng = np.random.RandomState(seed)
        with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
            for i in range(count):
                png = io.BytesIO()
                Image.fromarray(draw_face(rng, image_size, ground)).save(png, "PNG")
                archive.writestr(f"{i:05}.png", png.getvalue())
    return paths
