import base64
import dataclasses
import html
import io
import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.figures.page import embed, render
from chainer_gan_anime.figures.page.data import page_data
from chainer_gan_anime.runs.finished import load_runs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
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
    return page_data(
        f"On {EVIL}",
        "Lead.",
        [first, second],
        [[(3, pictures[0]), (6, pictures[1])]] * 2,
        [[(f"The best {EVIL}", pictures[2])]] * 2,
        [("a sheet", pictures[3])],
        "Training faces",
        "Note.",
    )


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
    data = page_data("", "", runs, [[]] * 2, [[]] * 2, [], "", "")
    assert data["scores"][0]["cells"] == [None, None]
    assert json.loads(json.dumps(data, allow_nan=False)) == data


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
    assert page.count("<script") == 2 and EVIL not in page
    assert f"<title>On {html.escape(EVIL)}</title>" in page


def test_nothing_comes_from_the_network(data):
    page = render(data)
    addresses = set(re.findall(r"https?://[^\s\"')]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # a name, which is not fetched
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", page) and "@import" not in page
    assert "default-src 'none'" in page


def chromium(tmp_path, page, width):
    """Return the page's DOM after its scripts ran in a window of this width."""
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    quiet = "headless no-sandbox disable-gpu disable-quic no-first-run disable-sync"
    quiet += " disable-background-networking disable-component-update"
    command = [CHROMIUM, *(f"--{flag}" for flag in quiet.split())]
    command += [f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900"]
    command += ["--virtual-time-budget=3000", "--dump-dom", path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout


def text_of(dom):
    body = re.sub(r"<(script|style).*?</\1>", "", dom, flags=re.S)
    return html.unescape(re.sub(r"<[^>]+>", "", body))


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_the_page_draws_itself_in_chromium(data, tmp_path):
    # Shown as on a telephone: nothing may be wider than it, whatever the names are.
    probe = """<script>
      document.body.style.width = "400px";
      requestAnimationFrame(() => setTimeout(() => {
        const wide = [...document.querySelectorAll("#page *")].filter((node) =>
          !node.closest(".scroll") && node.getBoundingClientRect().right > 400.5);
        document.body.dataset.wide = wide.map((node) => node.tagName).join(" ") || "none";
      }, 300));
    </script></body>"""
    dom = chromium(tmp_path, render(data).replace("</body>", probe), 500)
    assert 'data-drawn="yes"' in dom, dom[:2000]
    assert 'data-wide="none"' in dom, re.findall('data-wide="[^"]*"', dom)
    text = text_of(dom)
    assert f"On {EVIL}" in text  # as text, not as markup
    assert html.unescape(re.findall("<title>(.*?)</title>", dom)[0]) == f"On {EVIL}"
    assert "0.35 ± 0.05" in text and "floor 0.1" in text and "no floor" in text
    assert f"G collapses {EVIL}" in text and 'data-alarm="4"' in dom
    assert dom.count('<path class="curve"') == 4  # two runs: the game, and the score
    assert "KID 0.35" in text  # under the pane at the last epoch
    assert dom.count("<figure") == 2 + 1 + 1  # plate, looks of the first run, sheet
    chosen = re.findall('<button[^>]* aria-pressed="true"[^>]*>(.*?)</button>', dom)
    assert len(chosen) == 3 and {"G's loss", "KID"} < set(chosen)  # the third is a run
