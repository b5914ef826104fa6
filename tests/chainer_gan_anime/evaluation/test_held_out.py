import json

import numpy as np
import pytest

from chainer_gan_anime.evaluation.held_out import held_out_rows, random_rows


@pytest.fixture
def built(tmp_path):
    """A set as the crawler builds it: faces/ and split.json."""
    folder = tmp_path / "set"
    (folder / "faces").mkdir(parents=True)
    for name in "dbeac":
        (folder / "faces" / f"{name}.png").touch()
    (folder / "faces" / "notes.txt").touch()
    (folder / "split.json").write_text(json.dumps({"train": ["a", "b", "e"], "test": ["d", "c"]}))
    return folder


def test_the_test_side_of_a_built_set(built):
    np.testing.assert_array_equal(held_out_rows("set", 5, built.parent), [2, 3])  # c, d


def test_a_set_that_changed_since_its_split_falls_back(built):
    np.testing.assert_array_equal(held_out_rows("set", 4, built.parent), random_rows(4))


@pytest.mark.parametrize("text", ["", "[]", '{"train": []}', '{"test": []}', '{"test": 3}'])
def test_a_broken_or_empty_split_falls_back(built, text):
    (built / "split.json").write_text(text)
    np.testing.assert_array_equal(held_out_rows("set", 5, built.parent), random_rows(5))


def test_any_other_set_gives_a_seeded_tenth(built):
    (built / "split.json").unlink()
    for dataset in ("set", "sample"):
        rows = held_out_rows(dataset, 4000, built.parent)
        assert len(np.unique(rows)) == 400 and rows.max() < 4000
        np.testing.assert_array_equal(rows, held_out_rows(dataset, 4000, built.parent))
    assert len(random_rows(3)) == 1
