import dataclasses

import pytest

from chainer_gan_anime.runs.finished import load_run
from chainer_gan_anime.studies.training_seeds import (
    NO_DIFFERENCE,
    compare,
    format_seed_tables,
    seed_folder,
    with_seeds,
)


def test_the_trainings_differ_in_their_seed_and_folder_alone(make_settings, tmp_path):
    settings = make_settings(seed=5)
    three = with_seeds(settings, 3)
    assert [one.seed for one in three] == [5, 6, 7]
    assert all(dataclasses.replace(one, seed=5) == settings for one in three)
    names = [seed_folder(tmp_path / "sngan_white", k).name for k in range(3)]
    assert names == ["sngan_white", "sngan_white_seed1", "sngan_white_seed2"]


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        ([1, 2], [3, 4], "lower"),
        ([3, 4], [1, 2], "higher"),
        ([1, 3], [2, 4], NO_DIFFERENCE),
        ([1, 2], [2, 3], NO_DIFFERENCE),
    ],
)
def test_only_ranges_that_lie_apart_differ(left, right, verdict):
    assert compare(left, right) == verdict


def scored(run, *values):
    """The run once for each training, with two evaluation seeds around each value."""
    lines = [
        [
            dict(score="kid_10", value=value + sign * 0.1, floor=0.0, iteration=6, seed=sign)
            for sign in (-1, 1)
        ]
        for value in values
    ]
    return [dataclasses.replace(run, scores=of_one) for of_one in lines]


def test_the_tables_say_spread_and_what_differs(run_folders):
    dragan, sngan = map(load_run, run_folders)
    on_same_set = dataclasses.replace(sngan, facts=dragan.facts, set_name="white")
    text = format_seed_tables(
        [scored(dragan, 1, 2), scored(on_same_set, 4, 5), scored(sngan, 1.5, 3)]
    )
    head, _, row = text.splitlines()[:3]
    assert head == "|   | DRAGAN, white | SN-GAN, white | SN-GAN, coloured |"
    assert row == "| `kid_10` | 1.5 ± 0.5 (2) | 4.5 ± 0.5 (2) | 2.25 ± 0.8 (2) |"
    # DRAGAN on white and SN-GAN on coloured share nothing, and are not compared.
    assert "| DRAGAN, white against SN-GAN, white | SN-GAN, white against SN-GAN, col" in text
    assert "| `kid_10` | lower | higher |" in text
