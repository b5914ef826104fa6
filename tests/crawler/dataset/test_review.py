from __future__ import annotations

import json
import re

import numpy as np
import pytest

from crawler.archive import Archive
from crawler.dataset import BuildSettings, build, write_review
from crawler.dataset.duplicates import nearest_distances
from crawler.dataset.records import archived_faces
from tests.browser import ask, needs_chromium

LOOSE = BuildSettings(duplicate_radius=6)


def reasons(data_set):
    with Archive(data_set, read_only=True) as archive:
        return {face.record.id: face.reason for face in archived_faces(archive)}


def test_the_page_shows_every_face_and_escapes_what_it_says(data_set):
    with Archive(data_set) as archive:
        archive.connection.execute("UPDATE posts SET title = '</script><script>alert(1)'")
    path, n_faces = write_review(data_set)
    text = path.read_text()
    content = json.loads(re.search('type="application/json">(.*?)</script>', text, re.S)[1])
    assert {face[0] for face in content["faces"]} == set(reasons(data_set)) and n_faces >= 10
    assert text.count("</script>") == 2 and "alert(1)" in content["faces"][0][5]


def test_a_pardon_brings_a_face_back_and_no_pardon_sends_it_away(data_set):
    build(data_set, LOOSE)
    before = reasons(data_set)
    gone = next(face for face, reason in before.items() if reason == "near_duplicate")
    rejects = data_set / "rejects.txt"
    plain = rejects.read_text()
    rejects.write_text(f"{plain}!{gone}\n")
    build(data_set, LOOSE)
    assert reasons(data_set)[gone] is None and (data_set / "faces" / f"{gone}.png").exists()
    rejects.write_text(plain)
    build(data_set, LOOSE)
    assert reasons(data_set) == before


def test_a_pardon_holds_against_the_cutter_and_its_reason_comes_back(data_set):
    face_id = next(iter(reasons(data_set)))
    with Archive(data_set) as archive:
        archive.connection.execute(
            "UPDATE faces SET state = 'quarantined', reason = 'grey' WHERE id = ?", (face_id,)
        )
    (data_set / "quarantine" / "grey").mkdir(parents=True)
    where = next(data_set.rglob(f"{face_id}.png"))
    where.rename(data_set / "quarantine" / "grey" / where.name)
    rejects = data_set / "rejects.txt"
    plain = rejects.read_text()
    for pardoned in (True, True, False):
        rejects.write_text(f"{plain}!{face_id}\n" if pardoned else plain)
        build(data_set)
        assert reasons(data_set)[face_id] == (None if pardoned else "grey")
        assert (data_set / "faces" / f"{face_id}.png").exists() is pardoned


# Marks faces, and tells of what the page would save and what the browser keeps.
MARK = """
  await until(() => document.documentElement.dataset.ready);
  for (const [reason, id] of %s) {
    one("#of").value = reason;
    window.choose();
    one(`img[alt="${id}"]`).parentNode.click();
  }
  return [window.text(), window.localStorage.getItem("review /page"), one("#told").textContent];
"""
# Opens the page again in a browser that kept what it is told.
AGAIN = """
  window.localStorage.setItem("review /page", %s);
  delete document.documentElement.dataset.ready;
  window.location.reload();
  await until(() => frame.contentDocument?.documentElement?.dataset.ready);
  return [frame.contentWindow.text(), frame.contentDocument.querySelector("#told").textContent];
"""


@needs_chromium
def test_a_second_look_keeps_what_the_first_decided(data_set, tmp_path):
    build(data_set, LOOSE)
    stay = next(face for face, reason in reasons(data_set).items() if reason is None)
    gone = next(face for face, reason in reasons(data_set).items() if reason == "near_duplicate")
    page = write_review(data_set)[0].read_text()
    marks = json.dumps([["", stay], ["near_duplicate", gone]])
    saved, kept, told = ask(page, MARK % marks, tmp_path)
    assert told.startswith("1 to go, 1 to come back")
    assert saved.splitlines()[-2:] == sorted([stay, f"!{gone}"], key=lambda line: line.strip("!"))
    # Before the build, the marks are still what they were.
    again = ask(page, AGAIN % json.dumps(kept), tmp_path)
    assert again[0] == saved and again[1].startswith("1 to go, 1 to come back")

    (data_set / "rejects.txt").write_text(saved)
    build(data_set, LOOSE)
    page = write_review(data_set)[0].read_text()
    again = ask(page, AGAIN % json.dumps(kept), tmp_path)
    assert again[0] == saved and again[1].startswith("0 to go, 0 to come back")

    # Marked once more, both go back to where they came from.
    saved, *_ = ask(page, MARK % json.dumps([["rejected", stay], ["", gone]]), tmp_path)
    (data_set / "rejects.txt").write_text(saved)
    build(data_set, LOOSE)
    assert reasons(data_set)[stay] is None and reasons(data_set)[gone] == "rejected"


@pytest.mark.parametrize("n", [0, 1, 2, 600])
def test_the_distance_to_the_nearest_other(n):
    hashes = np.random.default_rng(n).integers(0, 1 << 63, n, dtype=np.uint64)
    bits = np.unpackbits(hashes.view(np.uint8).reshape(n, 8), axis=1) if n else np.zeros((0, 64))
    apart = (bits[:, None] != bits[None]).sum(2) + 64 * np.eye(n, dtype=int)
    assert nearest_distances(hashes).tolist() == apart.min(1, initial=64).tolist()
