import numpy as np
import pytest

from chainer_gan_anime.common.tags import Vocabulary
from chainer_gan_anime.evaluation.control import balanced_rate, measure_control

HAIR = ("red_hair", "green_hair", "blue_hair")
VOCABULARY = Vocabulary((*HAIR, "glasses"), {"hair": HAIR}, (0.8, 0.1, 0.1, 0.1))


def test_a_rate_is_the_mean_over_classes():
    expected = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    assert balanced_rate(np.zeros(8, int), expected) == 0.5  # the common class alone is right


def paint(tags):
    """Images whose channels are their hair's tags, and whose last row shows glasses."""
    images = np.zeros((len(tags), 3, 4, 4), np.uint8)
    images[:, :, :3] = 200 * tags[:, :3, None, None]
    images[:, :, 3] = 200 * tags[:, 3, None, None]
    return images


def read(images):
    """A reader of these images."""
    hair, glasses = images[:, :, 0, 0].astype(float), images[:, 0, 3, 0].astype(float)
    return np.concatenate([hair, glasses[:, None]], 1) - 100


@pytest.fixture
def real_tags(rng):
    return VOCABULARY.draw_as_in_data(400, rng)


def measure(draw, real_tags):
    return measure_control(
        draw, VOCABULARY, read, paint(real_tags), real_tags, ("hair", "glasses"), 300
    )


def test_images_that_show_what_was_asked_for_score_all(real_tags):
    hair, glasses = measure(paint, real_tags)
    assert (hair.group, hair.n_classes, hair.generated, hair.real) == ("hair", 3, 1.0, 1.0)
    assert (glasses.n_classes, glasses.generated, glasses.ratio) == (2, 1.0, 1.0)
    assert hair.n == 300 and hair.real_n == real_tags[:, :3].any(1).sum()


def test_images_that_show_always_the_same_score_chance(real_tags):
    def draw(tags):
        return paint(np.tile(VOCABULARY.encode([["red_hair"]]), (len(tags), 1)))

    hair, glasses = measure(draw, real_tags)
    assert hair.generated == pytest.approx(1 / 3) and glasses.generated == pytest.approx(1 / 2)
    assert hair.ratio == pytest.approx(1 / 3)


def test_a_reader_that_errs_is_measured_beside(real_tags):
    def confuse(images):
        logits = read(images)
        logits[:, [1, 2]] = logits[:, [2, 1]]
        return logits

    hair, _ = measure_control(
        paint, VOCABULARY, confuse, paint(real_tags), real_tags, ("hair", "glasses"), 300
    )
    assert hair.generated == pytest.approx(1 / 3) and hair.real == pytest.approx(1 / 3)
