import base64
import dataclasses
import html
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.figures.page import embed, render
from chainer_gan_anime.figures.page.data import Sheets, ShownRun, page_data
from chainer_gan_anime.runs.finished import load_runs
from tests.browser import WIDE, ask, needs_chromium

EVIL = "</script><script>document.title = 'broken in'</script><!-- <b>&amp;"


def line(score, iteration, seed, value, floor=0.1):
    facts = {"iteration": iteration, "seed": seed, "n": 20, "extractor": "means"}
    return {**facts, "score": score, "value": value, "floor": floor}


@pytest.fixture
def data(run_folders, rng):
    """The data of two runs with scores, an alarm, and a data set of a hostile name."""
    first, second = load_runs(run_folders)
    kid = "kid_means_20"
    alarm = {"iteration": 4, "alarm": "collapse", "message": f"G collapses {EVIL}"}
    first = dataclasses.replace(
        first,
        set_name=EVIL,
        alarms=[alarm],
        scores=[line(kid, 3, 0, 0.5), line(kid, 6, 0, 0.3), line(kid, 6, 1, 0.4)],
    )
    second = dataclasses.replace(second, scores=[line(kid, 3, 0, 0.8), line(kid, 6, 0, 0.2, None)])
    pictures = list(rng.randint(0, 256, (4, 40, 40, 3)).astype(np.uint8))
    frames = [(3, pictures[0]), (6, pictures[1])]
    shown = [ShownRun(run, frames, [(f"The best {EVIL}", pictures[2])]) for run in (first, second)]
    return page_data(
        f"On {EVIL}", "Lead.", shown, Sheets("Training faces", "Note.", [("a sheet", pictures[3])])
    )


@pytest.fixture
def wide_data(run_folders, rng):
    """The data of four runs, two a set, with a score of many digits and more than are shown."""
    pair = load_runs(run_folders)
    runs = [
        dataclasses.replace(
            run,
            set_name=f"{run.set_name} as they come, preset {i // 2}",
            scores=[
                line(f"{base}_means_20", 6, seed, value + seed * 1e-17, 1.25e-16)
                for base, value in (
                    ("borders_seen", 0.1234567),
                    ("kid_std", 1.2345678e-16 / (i + 1)),
                    ("kid", 0.5 - i / 10),
                    ("recall", 0.1234 + i / 10),
                    ("ms_ssim", 12345678.9),
                    ("birthday", 0.25),
                )
                for seed in (0, 1)
            ],
        )
        for i, run in enumerate(pair * 2)
    ]
    frame = rng.randint(0, 256, (132, 132, 3)).astype(np.uint8)
    shown = [ShownRun(run, [(3, frame), (6, frame)], []) for run in runs]
    return page_data("Four runs", "Lead.", shown, Sheets("Training faces", "", []))


def test_the_table_has_spread_over_seeds_and_floors(data):
    (row,) = data["scores"]
    assert (row["label"], row["better"], row["n"], row["extractor"]) == ("KID", "low", 20, "means")
    first, second = row["cells"]
    assert first == {
        "value": pytest.approx(0.35),
        "spread": pytest.approx(0.05),
        "seeds": 2,
        "floor": pytest.approx(0.1),
    }
    assert second["value"] == 0.2 and second["floor"] is None


def test_a_score_that_is_no_number_leaves_its_cell_empty(run_folders):
    runs = load_runs(run_folders)
    runs[0] = dataclasses.replace(runs[0], scores=[line("fid_means_20", 6, 0, float("nan"))])
    data = page_data("", "", [ShownRun(run, [], []) for run in runs], Sheets("", "", []))
    assert data["scores"][0]["cells"] == [None, None]
    assert json.loads(json.dumps(data, allow_nan=False)) == data


@needs_chromium
def test_more_runs_than_colours_are_all_shown(run_folders, tmp_path, rng):
    pair = load_runs(run_folders)
    scores = [line("kid_means_20", 3, 0, 0.4), line("kid_means_20", 6, 0, 0.3)]
    runs = [dataclasses.replace(pair[i % 2], set_name=f"set {i}", scores=scores) for i in range(7)]
    frame = rng.randint(0, 256, (40, 40, 3)).astype(np.uint8)
    shown = [ShownRun(run, [(3, frame), (6, frame)], []) for run in runs]
    found = ask(
        render(page_data("Seven runs", "Lead.", shown, Sheets("Training faces", "", []))),
        """
        await until(() => all("path.curve").length === 14);  // the game, and the score
        return {
          curves: all("path.curve").map((path) =>
            `${path.getAttribute("stroke")} ${path.getAttribute("stroke-dasharray")}`),
          cells: all("#scores tbody td").length, text: one("#scores").textContent,
        };""",
        tmp_path,
    )
    assert len(set(found["curves"])) == found["cells"] == 7 and "set 6" in found["text"]


def test_pictures_are_inside_and_near_what_they_were(rng):
    gradient = np.linspace(0, 255, 64).astype(np.uint8)
    picture = np.broadcast_to(gradient[:, None, None], (64, 64, 3))
    kind, encoded = embed(picture).split(",")
    assert kind == "data:image/webp;base64"
    found = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB"))
    assert abs(found.astype(int) - picture).mean() < 3


def test_data_survives_and_cannot_leave_its_element(data):
    page = render(data)
    blocks = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert len(blocks) == 1 and json.loads(blocks[0]) == json.loads(json.dumps(data))
    assert page.count("<script") == 3 and EVIL not in page  # data, elements, the page
    assert f"<title>On {html.escape(EVIL)}</title>" in page


def test_nothing_comes_from_the_network(data):
    page = render(data)
    addresses = set(re.findall(r"https?://[^\s\"')]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, which is not fetched
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", page) and "@import" not in page
    assert "default-src 'none'" in page


@needs_chromium
def test_the_page_draws_itself_in_chromium(data, tmp_path):
    found = ask(
        render(data),
        """
        await until(() => all("path.curve").length === 4);  // two runs: the game, and the score
        const sliders = all("#compare input[type=range]");
        const first = sliders.map((slider) => slider.value);
        sliders[0].value = sliders[0].max;
        sliders[0].dispatchEvent(new window.Event("input"));
        one(".plate img").click();
        const enlarged = one("dialog[open] img").alt;
        one("dialog").click();
        await until(() => one("dialog") === null);
        return {
          wide: WIDE, first, enlarged,
          title: document.title, text: one("main").textContent,
          alarm: one("[data-alarm]").dataset.alarm, figures: all("figure").length,
          panes: all("#compare .facts").map((facts) => facts.textContent),
          chosen: all("button[aria-pressed=true]").map((button) => button.textContent),
        };""".replace("WIDE", WIDE),
        tmp_path,
        width=400,
    )
    assert found["wide"] == []
    text = found["text"]
    assert f"On {EVIL}" in text and found["title"] == f"On {EVIL}"  # as text, not as markup
    assert "0.35 ± 0.05" in text and "floor 0.1" in text and "no floor" in text
    assert f"G collapses {EVIL}" in text and found["alarm"] == "4"
    assert found["first"] == ["0", "0"]  # both sliders begin at the first generator
    assert found["panes"] == ["epoch 1KID 0.35", "epoch 1KID 0.2"]  # and move together
    assert found["enlarged"].startswith("25 generated faces")
    assert found["figures"] == 2 + 1 + 1  # plate, looks of the first run, sheet
    assert len(found["chosen"]) == 3 and {"G's loss", "KID"} < set(found["chosen"])


@needs_chromium
@pytest.mark.parametrize("width", [1280, 400])
def test_four_runs_fit_and_can_be_read(wide_data, tmp_path, width):
    found = ask(
        render(wide_data),
        """
        await until(() => all("path.curve").length === 4);
        const shown = () => all("#scores tbody tr").filter((row) => row.offsetHeight).length;
        const folded = shown();
        one("#scores .fold button").click();
        // Broken into lines, too small, or reaching out of its cell.
        const unread = all("#scores td span").filter((value) => {
          const place = value.getBoundingClientRect();
          const cell = value.parentNode.getBoundingClientRect();
          const size = parseFloat(window.getComputedStyle(value).fontSize);
          return value.getClientRects().length !== 1 || size < 13
            || place.left < cell.left || place.right > cell.right;
        });
        return {
          wide: WIDE, unread: unread.map((value) => value.textContent), rows: [folded, shown()],
          values: all("#scores td span").length, text: one("#scores table").textContent,
          best: all("td.best").map((cell) => cell.querySelector("span").textContent),
        };""".replace("WIDE", WIDE),
        tmp_path,
        width=width,
    )
    assert found["wide"] == [] and found["unread"] == []
    assert found["rows"] == [5, 6] and found["values"] == 6 * 4 * 2
    text = found["text"]
    assert "1.28×10⁻¹⁶" in text and "floor 1.25×10⁻¹⁶" in text and "1.23×10⁷" in text
    assert "0000000" not in text
    # KID and recall within each set: runs 0 and 2 saw one, 1 and 3 the other.
    assert found["best"] == ["0.3", "0.2", "0.3234", "0.4234"]
