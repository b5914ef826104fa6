"""The face cutter against the plain way, and near-duplicates over 50,000 faces.

    python experiments/bench/detection.py                       # on drawn standing pictures
    python experiments/bench/detection.py --pictures A B        # folders, boxes.json in each

The plain way is the cascade's author's: the full-size picture, equalised, scale factor 1.1,
5 neighbours, 24x24 windows, one process.  Both ways take turns on every picture and their CPU
time is compared, so that other work on the machine weighs on both alike.  ``boxes.json`` maps
a picture's name to {"faces": [{"bbox": [x, y, w, h]}, ...]}; a face is hit at IoU > 0.3.
Besides as they are the pictures are searched on larger canvases and composed into pages, where
their faces are small.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cv2  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from crawler.dataset.duplicates import keepers, near_pairs  # noqa: E402
from crawler.faces import FaceCutter, FacePool, FaceSettings  # noqa: E402
from crawler.faces.cascade import find_cascade, load_cascade  # noqa: E402
from crawler.faces.picture import DecodedPicture  # noqa: E402
from crawler.faces.tilt import overlap  # noqa: E402
from crawler.shared.errors import UserError, exits_cleanly  # noqa: E402
from experiments.bench.canvases import variants  # noqa: E402

N_DRAWN, DRAWN_HEIGHT_PX = 24, 1200
N_HASHES, RADIUS = 50_000, 6
N_POOL_PICTURES = 120  # enough that starting the processes weighs little


class PlainWay:
    """What a first script would do."""

    def __init__(self):
        self._cascade = load_cascade(find_cascade())

    def __call__(self, path: Path) -> list:
        """The boxes of a picture's faces."""
        grey = cv2.equalizeHist(cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2GRAY))
        return list(self._cascade.detectMultiScale(grey, 1.1, 5, minSize=(24, 24)))


class OurWay:
    """Detection as the crawler does it, decoding included."""

    def __init__(self, settings: FaceSettings):
        self._detector = FaceCutter(settings).detector
        self._max_pixels = settings.max_pixels

    def __call__(self, path: Path) -> list:
        """The boxes of a picture's faces."""
        return [face.box for face in self._detector.detect(DecodedPicture(path, self._max_pixels))]


def read_boxes(folder: Path) -> dict[Path, list]:
    """Each picture of a folder with the boxes of its faces, from its boxes.json."""
    try:
        boxes = json.loads((folder / "boxes.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{folder} has no boxes.json, which tells where the faces are.") from error
    return {
        folder / name: [face["bbox"] for face in facts["faces"]]
        for name, facts in sorted(boxes.items())
    }


def draw_pictures(folder: Path) -> dict[Path, list]:
    """Standing pictures on a transparent ground, with the box of each face."""
    from tests.drawn_standing import draw_standing_picture

    rng = np.random.RandomState(0)
    pictures = {}
    for number in range(N_DRAWN):
        rgba, box = draw_standing_picture(rng, DRAWN_HEIGHT_PX)
        path = folder / f"{number}.png"
        Image.fromarray(rgba).save(path)
        pictures[path] = [box]
    return pictures


def compare_detection(sets: dict[str, dict[Path, list]]) -> None:
    """Print images a second of CPU time, recall and false faces of each way and set."""
    ways = {
        "plain": PlainWay(),
        "ours": OurWay(FaceSettings()),
        "ours --tilt": OurWay(FaceSettings(tilt=True)),
    }
    all_s, n_pictures = dict.fromkeys(ways, 0.0), 0
    for name, pictures in sets.items():
        total_s = dict.fromkeys(ways, 0.0)
        found = {way: {} for way in ways}
        for path in pictures:
            for way, detect in ways.items():
                began = time.process_time()
                found[way][path] = detect(path)
                total_s[way] += time.process_time() - began
        for way, of in found.items():
            n_faces = sum(len(boxes) for boxes in pictures.values())
            n_hit = sum(
                any(overlap(box, face) > 0.3 for box in of[path])
                for path, faces in pictures.items()
                for face in faces
            )
            n_false = sum(
                all(overlap(box, face) <= 0.3 for face in pictures[path])
                for path, boxes in of.items()
                for box in boxes
            )
            seconds = total_s[way]
            print(
                f"{name:>26} {way:>12}: {n_hit} of {n_faces} faces ({n_hit / n_faces:.1%}), "
                f"{n_false} false, {len(pictures) / seconds:.1f} images/s of CPU time, "
                f"{total_s['plain'] / seconds:.1f} times the plain way",
                flush=True,
            )
        for way, seconds in total_s.items():
            all_s[way] += seconds
        n_pictures += len(pictures)
    for way, seconds in all_s.items():
        print(
            f"{'all':>26} {way:>12}: {n_pictures / seconds:.1f} images/s of CPU time, "
            f"{all_s['plain'] / seconds:.1f} times the plain way"
        )


def compare_processes(paths: list[Path], n_rounds: int) -> None:
    """Print how much faster two processes are than one, at the whole work of cutting.

    Wall time tells it only while both cores are free.  CPU time tells the bound on any machine:
    what the workers need for the work in all, halved, and what the first process adds.
    """
    paths = [paths[index % len(paths)] for index in range(N_POOL_PICTURES)]
    few = paths[:4]
    with FacePool(FaceSettings(), 2) as starting:
        cut_all(starting, few)
    start_s = _ended_workers_s()
    one, two = FacePool(FaceSettings(), 1), FacePool(FaceSettings(), 2)
    cut_all(two, few)
    rounds = [(cut_all(one, paths), cut_all(two, paths)) for _ in range(n_rounds)]
    two.close()
    workers_s = _ended_workers_s() - 2 * start_s
    one_s = sum(cpu_s for (_, cpu_s), _ in rounds)
    first_s = sum(cpu_s for _, (_, cpu_s) in rounds)
    wall = max(wall_one / wall_two for (wall_one, _), (wall_two, _) in rounds)
    print(
        f"2 processes: {wall:.2f} times one by wall time, best of {n_rounds}, at a load of "
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; by CPU time "
        f"{one_s / (workers_s / 2 + first_s):.2f} times at most ({one_s:.1f} s in one; "
        f"{workers_s:.1f} s in the workers, {first_s:.1f} s before them, {start_s:.1f} s to start)"
    )


def cut_all(pool: FacePool, paths: list[Path]) -> tuple[float, float]:
    """Cut the faces of some pictures; returns the wall and the CPU time of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in pool.map((path, path) for path in paths):
        pass
    return time.perf_counter() - wall, time.process_time() - cpu


def _ended_workers_s() -> float:
    """CPU time of all processes that this one started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def compare_hashes(kind: str) -> tuple[float, int, int]:
    """Seconds, pairs and kept faces of near-duplicates over many hashes."""
    rng = np.random.default_rng(0)
    bits = rng.random((N_HASHES, 64)) < 0.5
    if kind == "alike":  # around 100 poses, as faces that a cascade found
        bits = bits[rng.integers(0, 100, N_HASHES)] ^ (rng.random((N_HASHES, 64)) < 0.25)
    bits[-5000:] = bits[:5000] ^ (rng.random((5000, 64)) < 0.03)
    hashes = np.packbits(bits, axis=1).view(np.uint64).ravel()
    began = time.process_time()
    pairs = near_pairs(hashes, RADIUS)
    kept = keepers(N_HASHES, pairs, range(N_HASHES))
    return (
        time.process_time() - began,
        len(pairs),
        int((kept == np.arange(N_HASHES)).sum()),
    )


def _peak_of(kind: str, answers: multiprocessing.Queue) -> None:
    seconds, n_pairs, n_kept = compare_hashes(kind)
    answers.put((seconds, n_pairs, n_kept, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def measure_duplicates() -> None:
    """Print time and peak memory of near-duplicates, each in a process of its own."""
    context = multiprocessing.get_context("spawn")
    for kind in ("random", "alike"):
        answers = context.Queue()
        process = context.Process(target=_peak_of, args=(kind, answers))
        process.start()
        seconds, n_pairs, n_kept, peak_kb = answers.get()
        process.join()
        print(
            f"{N_HASHES} {kind} hashes, all pairs within {RADIUS} bits: {seconds:.1f} s of CPU "
            f"time, {peak_kb / 1000:.0f} MB with Python and libraries, {n_pairs} pairs, "
            f"{n_kept} kept"
        )


@exits_cleanly
def main(argv: list[str] | None = None) -> None:
    """Run all three comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=Path, nargs="+", help="folders with a boxes.json each")
    parser.add_argument("--rounds", type=int, default=3, help="of the comparison of processes")
    args = parser.parse_args(argv)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as drawn:
        if args.pictures:
            sets = {folder.name: read_boxes(folder) for folder in args.pictures}
        else:
            sets = {"drawn": draw_pictures(Path(drawn))}
        folder = Path(drawn)
        compare_detection(
            {
                name: pictures
                for plain in sets.items()
                for name, pictures in variants(*plain, folder)
            }
        )
        compare_processes([path for pictures in sets.values() for path in pictures], args.rounds)
    measure_duplicates()


if __name__ == "__main__":
    sys.exit(main())
