import dataclasses

from chainer_gan_anime.figures.score_table import format_score_table
from chainer_gan_anime.runs.finished import load_runs


def line(score, iteration, seed, value, floor):
    return dict(score=score, iteration=iteration, seed=seed, value=value, floor=floor)


def test_the_last_generators_scores_of_each_run(trained_folders):
    first, second = load_runs(trained_folders)
    first = dataclasses.replace(
        first,
        scores=[
            line("kid_x_10", 3, 0, 9.0, 8.0),
            line("kid_x_10", 6, 0, 0.10, 0.01),
            line("kid_x_10", 6, 1, 0.20, 0.03),
            line("ms_ssim_10", 6, 0, 0.5, None),
        ],
    )
    others = line("kid_x_10", 6, 0, 7.0, 5.0) | {"dataset_sha256": "another"}
    first.scores.append(others)  # by another set, which the table is not about
    second = dataclasses.replace(second, scores=[line("kid_x_10", 6, 0, 2.0, 0.25)])
    lines = format_score_table([first, second]).splitlines()
    assert lines[0] == f"| score | {first.name} | {second.name} |"
    assert lines[1] == "|---|---:|---:|"
    assert lines[2] == "| `kid_x_10` | 0.15 ± 0.05 [0.02] | 2 ± 0 [0.25] |"
    assert lines[3] == "| `ms_ssim_10` | 0.5 ± 0 [-] | - |"
