"""The article's figures and the page, from finished runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from chainer_gan_anime.common.sampling import generate
from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.data.drawn import draw_face
from chainer_gan_anime.evaluation.networks.feature_cache import cached_features
from chainer_gan_anime.evaluation.networks.features import Extractor, extract
from chainer_gan_anime.figures import page
from chainer_gan_anime.figures.animation import save_gif
from chainer_gan_anime.figures.curves import plot_game, plot_scores, score_names
from chainer_gan_anime.figures.grid import make_grid, save_png
from chainer_gan_anime.figures.interpolation import walk
from chainer_gan_anime.figures.neighbours import neighbour_rows, realism
from chainer_gan_anime.figures.page.data import Sheets, ShownRun, page_data
from chainer_gan_anime.figures.plate import make_plate
from chainer_gan_anime.figures.score_table import format_score_table
from chainer_gan_anime.runs.checkpoints import draw_images
from chainer_gan_anime.runs.finished import FinishedRun, thinned
from crawler.shared.files import replacing

PAGE_NAME = "index.html"
SHEET = 5  # the article's sheets of training faces are 5x5
SAMPLES = 10  # its figures of samples, like upstream's, 10x10
MAX_TIMELINE = 36  # generators in the GIF
MAX_SLIDER = 9  # and on the page, which has to stay small
WALK_STOPS, WALK_STEPS = 5, 8
N_PROBES, N_NEIGHBOURS = 6, 5
# Heading over the sheets and the sentence under it.
TRAINING_SHEETS = "Training faces", "25 at random of each set."
DRAWN_SHEETS = (
    "Drawn faces, in the training faces' place",
    "The training pictures are not ours to share; these are drawn by this project.",
)

Picture = tuple[str, np.ndarray]  # a caption and uint8 (height, width, 3)


def draw_article(
    runs: Sequence[FinishedRun],
    faces: Sequence[FaceImages],
    out: Path,
    extractor: Extractor | None = None,
    n: int = 1000,
    seed: int = 0,
    training_pictures: bool = True,
    report: Callable[[str], None] = print,
) -> Path:
    """Draw every figure of some runs into a folder, and the page with all of them.

    Args:
        runs: The runs, in the order of the plate.
        faces: The images that each was trained on.
        out: The folder, made if need be.
        extractor: Feature network for realism and neighbours, which are left out without one.
        n: Images of each run that the best and worst by realism are looked for among.
        seed: Of the latents of samples and walks, and of which training faces are shown.
        training_pictures: Whether training faces may be shown; if not, drawn ones take their
            place and the neighbours are left out.
        report: Called with a sentence for each file.

    Returns:
        The page's path.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    sheets = _sheets(runs, faces, seed, training_pictures)
    for name, (_, sheet) in sheets.items():
        save_png(out / f"{name}.png", sheet)
    shown = []
    for run, its_faces in zip(tqdm(runs, "drawing", unit="run", disable=None), faces):
        timeline = _timeline(run)
        save_gif(out / f"timeline_{run.file_name}.gif", [grid for _, grid in timeline], 250)
        pictures = _looks(run, its_faces, extractor, n, seed, training_pictures)
        for name, (_, picture) in pictures.items():
            save_png(out / f"{name}_{run.file_name}.png", picture)
        shown.append(ShownRun(run, thinned(timeline, MAX_SLIDER), list(pictures.values())))
        _draw_samples(run, out, seed)
    last_grids = [one.frames[-1][1] for one in shown]
    captions = [run.caption() for run in runs]
    save_png(out / "plate.png", make_plate(last_grids, [run.name for run in runs], captions))
    if any(run.log for run in runs):
        plot_game(out / "game.png", runs)
    if score_names(runs):
        plot_scores(out / "scores.png", runs)
        with replacing(out / "scores.md", "w") as file:
            file.write(format_score_table(runs))
    data = page_data(
        _title(runs),
        "The article's figures, made again from trained runs: the same faces from the first "
        "epochs to the last, the game between generator and discriminator, and what the scores "
        "say.  Everything on this page is inside this file.",
        shown,
        Sheets(*(TRAINING_SHEETS if training_pictures else DRAWN_SHEETS), list(sheets.values())),
    )
    with replacing(out / PAGE_NAME, "w") as file:
        file.write(page.render(data))
    report(f"Wrote {len(list(out.glob('*.*')))} files to {out}; open {out / PAGE_NAME}.")
    return out / PAGE_NAME


def _title(runs: Sequence[FinishedRun]) -> str:
    algorithms = " and ".join(dict.fromkeys(run.algorithm for run in runs))
    return f"{algorithms} on {' and '.join(dict.fromkeys(run.set_name for run in runs))}"


def _sheets(runs, faces, seed: int, training_pictures: bool) -> dict[str, Picture]:
    """Return a 5x5 sheet of each set by the name of its file."""
    rng = np.random.RandomState(seed)
    sheets = {}
    if training_pictures:
        sets = {its_faces.digest: (run, its_faces) for run, its_faces in zip(runs, faces)}
        for run, its_faces in sets.values():
            rows = rng.choice(len(its_faces.images), SHEET**2, replace=False)
            name = f"training_{run.file_name.split('_', 1)[1]}"
            sheets[name] = run.set_name, make_grid(its_faces.images[rows], SHEET)
        return sheets
    for ground in ("white", "coloured"):
        size = runs[0].settings.image_size
        images = np.stack([draw_face(rng, size, ground) for _ in range(SHEET**2)])
        grid = make_grid(images.transpose(0, 3, 1, 2), SHEET)
        sheets[f"drawn_{ground}"] = f"drawn, {ground} ground", grid
    return sheets


def _timeline(run: FinishedRun) -> list[tuple[int, np.ndarray]]:
    """Return (iteration, 5x5 grid) of generators from first to last, of the same latents."""
    z = run.preview_latents(SHEET**2)
    return [
        (checkpoint.iteration, make_grid(run.draw(checkpoint, z), SHEET))
        for checkpoint in run.thinned_checkpoints(MAX_TIMELINE)
    ]


def _draw_samples(run: FinishedRun, out: Path, seed: int) -> None:
    """Write the figure of samples, and the walk that moves."""
    gen = run.load()
    rng = np.random.RandomState(seed)
    images = generate(gen, gen.make_hidden(SAMPLES**2, rng))
    save_png(out / f"samples_{run.file_name}.png", make_grid(images, SAMPLES))
    stops = gen.make_hidden(WALK_STOPS, rng).reshape(WALK_STOPS, -1)
    frames = generate(gen, walk(stops, 2 * WALK_STEPS)).transpose(0, 2, 3, 1)
    save_gif(out / f"walk_{run.file_name}.gif", frames.repeat(3, axis=1).repeat(3, axis=2))


def _looks(
    run: FinishedRun,
    faces: FaceImages,
    extractor: Extractor | None,
    n: int,
    seed: int,
    training_pictures: bool,
) -> dict[str, Picture]:
    """Return what is worth a closer look, by the name of its file."""
    gen = run.load()
    looks = {}
    if extractor is not None:
        images = draw_images(gen, n, seed)
        fake = extract(images, extractor, f"features of {run.name}")
        real = cached_features(faces.images, extractor, f"features of {run.set_name}")
        order = np.argsort(-realism(real, fake), kind="stable")
        among = f"of {n:,} images, by how near real ones lie to them (realism)"
        best, worst = order[: SHEET**2], order[: -(SHEET**2) - 1 : -1]
        looks["best"] = f"The best 25 {among}.", make_grid(images[best], SHEET)
        looks["worst"] = f"The worst 25 {among}.", make_grid(images[worst], SHEET)
        if training_pictures:
            rows = neighbour_rows(
                images[:N_PROBES], faces.images, fake[:N_PROBES], real, N_NEIGHBOURS
            )
            caption = "Generated faces (left) and the training faces nearest in features."
            looks["neighbours"] = caption, make_grid(rows, 1 + N_NEIGHBOURS)
    stops = gen.make_hidden(WALK_STOPS, np.random.RandomState(seed)).reshape(WALK_STOPS, -1)
    strip = make_grid(generate(gen, walk(stops, WALK_STEPS)), WALK_STEPS)
    looks["walk"] = "A walk through latents, row by row, back to where it began.", strip
    return looks
