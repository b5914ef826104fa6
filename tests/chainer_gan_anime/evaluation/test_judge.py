import chainer
import numpy as np
import pytest

from chainer_gan_anime.data.dataset import FaceImages
from chainer_gan_anime.evaluation.judge import Judge, choose_scores, judge_checkpoint
from chainer_gan_anime.evaluation.scores.registry import SCORES, describe, full_name
from chainer_gan_anime.runs.checkpoints import draw_from, find_checkpoints
from chainer_gan_anime.runs.records import read_scores
from crawler.shared.errors import UserError

CPU = chainer.get_device("@numpy")


class Pixels:
    """The cheapest extractor: a few pixels are the features."""

    name, identity, batch_size = "pixels", "pixels v1", 64

    def __init__(self):
        self.n_images = 0

    def __call__(self, images):
        self.n_images += len(images)
        return images.reshape(len(images), -1)[:, ::11].astype(np.float32) / 100


def faces(n, seed, modes=8, size=16):
    """Images around a few centres, with a bright border."""
    centres = np.random.RandomState(99).randint(40, 200, (modes, 3, size, size))
    random = np.random.RandomState(seed)
    images = centres[np.arange(n) % modes] + random.randint(-30, 30, (n, 3, size, size))
    images[:, :, 0] = 255
    return images.astype(np.uint8)


CHEAP = ["kid", "fid", "prdc", "clusters_hit", "border", "memorisation_pixels"]


def by_name(results):
    return {result.score: result for result in results}


def test_real_against_real_lies_at_the_floor_and_noise_far_from_it():
    judge = Judge(faces(400, 0), 200, Pixels(), CHEAP)
    same, alarms = judge.judge(faces(200, 1))
    assert alarms == []
    other, _ = judge.judge(np.random.RandomState(2).randint(0, 256, (200, 3, 16, 16)).astype("u1"))
    same, other = by_name(same), by_name(other)
    for name, margin in [("kid_pixels_200", 0.1), ("coverage_pixels_200", 0.1)]:
        assert abs(same[name].value - same[name].floor) < margin
        assert abs(other[name].value - other[name].floor) > 5 * margin
        assert other[name].floor == same[name].floor
    assert other["fid_pixels_200"].value > 3 * same["fid_pixels_200"].value > 0


def test_every_value_says_its_count_extractor_and_floor():
    results, _ = Judge(faces(300, 0), 200, Pixels(), ["kid", "border"]).judge(faces(200, 1))
    assert [r.score for r in results] == [
        "kid_pixels_200",
        "border_mean_200",
        "border_variance_200",
        "border_near_white_200",
    ]
    assert {(r.n, r.floor_n) for r in results} == {(200, 150)}
    assert [r.extractor for r in results] == ["pixels"] + [None] * 3
    assert all(isinstance(r.value, float) and isinstance(r.floor, float) for r in results)


def test_a_generator_that_lost_half_the_modes_is_seen():
    judge = Judge(faces(400, 0), 160, Pixels(), ["prdc", "clusters_hit"])
    whole, half = (by_name(judge.judge(faces(160, 1, modes)[:160])[0]) for modes in (8, 4))
    for name in ("recall_pixels_160", "coverage_pixels_160", "clusters_hit_pixels_160"):
        assert half[name].value < 0.75 * whole[name].value
    assert half["precision_pixels_160"].value > 0.8


@pytest.mark.parametrize("score", ["memorisation_pixels", "memorisation_features"])
def test_copies_of_training_images_trip_the_alarm(score):
    real = faces(300, 0)
    judge = Judge(real, 100, Pixels(), [score])
    _, alarms = judge.judge(np.concatenate([real[:60, :, :, ::1], faces(40, 5)]))
    assert len(alarms) == 1 and "repeats its training images" in alarms[0]
    assert judge.judge(faces(100, 6))[1] == []


def test_the_same_seed_gives_the_same_values_whatever_else_is_computed():
    real, fake = faces(400, 0), faces(100, 1)
    some = by_name(Judge(real, 100, Pixels(), ["kid", "clusters_hit"], seed=3).judge(fake)[0])
    alone = by_name(Judge(real, 100, Pixels(), ["clusters_hit"], seed=3).judge(fake)[0])
    again = by_name(Judge(real, 100, Pixels(), ["kid", "clusters_hit"], seed=3).judge(fake)[0])
    other = by_name(Judge(real, 100, Pixels(), ["kid", "clusters_hit"], seed=4).judge(fake)[0])
    assert some == again
    assert alone["clusters_hit_pixels_100"] == some["clusters_hit_pixels_100"]
    assert other["kid_pixels_100"].floor != some["kid_pixels_100"].floor


def test_judging_leaves_numpys_own_random_stream_alone():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    Judge(faces(300, 0), 100, Pixels(), CHEAP).judge(faces(100, 1))
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@pytest.mark.parametrize(
    ("names", "first", "second"),
    [
        (["kid", "memorisation_features"], 500, 0),  # the real ones are among the training ones
        (["kid", "memorisation_pixels"], 200, 200),  # two hundred of five hundred, by the seed
        (["kid_borderless", "memorisation_features"], 500 + 200, 200),
    ],
)
def test_real_features_are_computed_once(names, first, second):
    real, extractor = faces(500, 0), Pixels()
    for seed, expected in [(0, first), (0, 0), (1, second), (1, 0)]:
        before = extractor.n_images
        Judge(real, 100, extractor, names, seed)
        assert extractor.n_images - before == expected


def test_a_small_set_is_computed_whole_and_serves_every_seed():
    real, extractor = faces(300, 0), Pixels()
    judges = [Judge(real, 100, extractor, ["kid"], seed) for seed in (0, 1, 2)]
    assert extractor.n_images == 300
    judges[1].judge(faces(100, 1))
    assert extractor.n_images == 400


def test_borderless_scores_do_not_see_the_border():
    real, fake = faces(300, 0), faces(100, 1)
    names = ["kid", "kid_borderless"]
    judge = Judge(real, 100, Pixels(), names)
    changed = fake.copy()
    changed[:, :, 0] = 0
    first, second = (by_name(judge.judge(images)[0]) for images in (fake, changed))
    assert first["kid_pixels_100"] != second["kid_pixels_100"]
    assert first["kid_borderless_pixels_100"] == second["kid_borderless_pixels_100"]


def test_at_half_size_kid_sees_structure_and_not_what_changes_every_pixel():
    real, fake = faces(300, 0), faces(100, 1).astype(int)
    i, j = np.indices((16, 16))
    grid = np.clip(fake + 40 * (-1) ** (i + j), 0, 255).astype(np.uint8)
    judge = Judge(real, 100, Pixels(), ["kid", "kid_half"])
    clean, seen = (by_name(judge.judge(x.astype(np.uint8))[0]) for x in (fake, grid))
    whole, half = "kid_pixels_100", "kid_half_pixels_100"
    assert seen[whole].value - clean[whole].value > 10 * (seen[half].value - clean[half].value)
    other = by_name(judge.judge(faces(100, 1)[:, :, ::-1])[0])
    assert other[half].value > clean[half].value + 0.1


def test_a_value_of_no_meaning_is_no_result():
    many = Judge(faces(1300, 0, size=8), 1200, Pixels(), ["kid"]).judge(faces(1200, 1, size=8))[0]
    assert [r.score for r in many] == ["kid_pixels_1200", "kid_std_pixels_1200"]
    assert many[1].value > 1e-6 and many[1].floor is None  # the halves hold 650 images each


def test_every_value_has_words_for_the_reader():
    for score in SCORES.values():
        for value in score.values:
            assert value.label and value.note and value.better in ("low", "high", None)
            assert describe(full_name(value.name, "net-b0", 40), "net-b0", 40) == value
    assert describe("gone_by_now_40", None, 40).label == "Gone by now"


def test_no_features_are_needed_for_scores_of_pixels():
    results, _ = Judge(faces(40, 0), 20, None, ["border", "ms_ssim"]).judge(faces(20, 1))
    assert len(results) == 4


def test_a_floor_of_too_few_images_is_none():
    results, _ = Judge(faces(9, 0), 8, Pixels(), ["prdc"]).judge(faces(8, 1))
    assert [r.floor for r in results] == [None] * 4


def test_too_few_images_other_sizes_and_unknown_scores_are_said():
    with pytest.raises(UserError, match="holds 50 images, but 60 .* pass --n 50 or less"):
        Judge(faces(50, 0), 60, Pixels())
    with pytest.raises(UserError, match="birthday needs at least 500 images and --n is 50"):
        Judge(faces(50, 0), 50, Pixels())
    with pytest.raises(UserError, match="16x16 and the real ones 32x32"):
        Judge(faces(20, 0, size=32), 10, None, ["border"]).judge(faces(10, 1))
    with pytest.raises(UserError, match="unknown score 'is'; choose from kid, kid_half, fid"):
        choose_scores(["kid", "is"])


def test_held_out_images_are_compared_with_the_rest():
    real = faces(100, 0)
    real[:20] = real[20:40]  # the first twenty have twins
    names = ["memorisation_pixels"]
    with_twins = Judge(real, 50, None, names, held_out=np.arange(20))
    without = Judge(real, 50, None, names, held_out=np.arange(60, 80))
    assert with_twins.judge(faces(50, 1))[0][0].floor == 0
    assert without.judge(faces(50, 1))[0][0].floor > 5


def test_all_scores_of_the_issue_are_registered():
    names = {name for score in SCORES.values() for name in score.names}
    assert names >= {
        "kid",
        "fid",
        "precision",
        "recall",
        "density",
        "coverage",
        "ms_ssim",
        "feature_diversity",
        "birthday",
        "clusters_hit",
        "border_near_white",
        "colour_noise",
        "checkerboard",
        "kid_half",
        "kid_borderless",
        "nearest_training_pixels",
        "nearest_training_features",
    }


def test_full_names():
    assert full_name("kid", "efficientnet-lite0", 4000) == "kid_efficientnet-lite0_4000"
    assert full_name("ms_ssim", None, 100) == "ms_ssim_100"


def test_what_is_appended_is_what_the_judge_says_of_the_generator(trained_run):
    real = np.random.RandomState(0).randint(0, 256, (40, 3, 16, 16)).astype(np.uint8)
    judge = Judge(real, 20, None, ["border"], seed=5)
    for checkpoint in find_checkpoints(trained_run, "all"):
        images = draw_from(checkpoint, 20, 5, CPU)
        faces = FaceImages(real, "somewhere", "abc")
        results, alarms = judge_checkpoint(
            trained_run, checkpoint, judge, "sets/faces", faces, CPU
        )
        expected, _ = judge.judge(images)
        assert results == expected and alarms == []
    lines = read_scores(trained_run)
    assert [line["value"] for line in lines[len(results) :]] == [r.value for r in results]
    facts = {key: lines[-1][key] for key in ("file", "iteration", "seed", "dataset")}
    assert facts == {"file": "gen_iter_6.npz", "iteration": 6, "seed": 5, "dataset": "faces"}
    assert lines[-1]["dataset_sha256"] == "abc"
    assert lines[0]["epoch"] == lines[-1]["epoch"] / 2


def test_a_renamed_generator_has_no_epoch(trained_run):
    path = (trained_run / "gen_iter_3.npz").rename(trained_run / "best.npz")
    (checkpoint,) = find_checkpoints(trained_run, str(path))
    real = np.zeros((20, 3, 16, 16), np.uint8)
    judge = Judge(real, 10, None, ["border"])
    judge_checkpoint(trained_run, checkpoint, judge, "x", FaceImages(real, "x", ""), CPU)
    line = read_scores(trained_run)[-1]
    assert line["file"] == "best.npz" and line["epoch"] is None and line["iteration"] is None
