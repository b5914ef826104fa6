import numpy as np
import pytest
from PIL import Image

from chainer_gan_anime.commands import figures
from chainer_gan_anime.common.sampling import draw_latents, generate
from chainer_gan_anime.evaluation.networks.features import extract, make_extractor
from chainer_gan_anime.evaluation.scores.prdc import precision_recall_density_coverage
from chainer_gan_anime.figures.truncation import THRESHOLDS, measure_truncation
from chainer_gan_anime.runs.finished import load_run


@pytest.fixture
def extractor(onnx_features):
    return make_extractor(onnx_features, "@numpy")


def test_the_scores_are_those_of_images_drawn_at_each_threshold(trained_run, extractor, rng):
    gen = load_run(trained_run).load()
    real = rng.randint(0, 256, (20, 3, 16, 16)).astype(np.uint8)
    low, full = measure_truncation(gen, real, extractor, (0.5, 1.0), seed=4)
    for scores, z in ((low, draw_latents(gen, 20, 4) / 2), (full, draw_latents(gen, 20, 4))):
        fake = extract(generate(gen, z), extractor, "")
        expected = precision_recall_density_coverage(extract(real, extractor, ""), fake)
        assert scores[1:] == pytest.approx(expected)


def test_truncation_costs_recall(trained_run, extractor):
    # What a generator of spread colours drew as a whole stands for the real images.
    gen = load_run(trained_run).load()
    gen.l0.W.array *= 30
    gen.dc1.W.array *= 10
    gen.dc2.W.array *= 10
    real = generate(gen, draw_latents(gen, 100, 9))
    low, full = measure_truncation(gen, real, extractor, (0.1, 1.0), seed=4)
    assert low.recall < full.recall


def test_the_figure_and_the_table(trained_run, onnx_features, capsys):
    arguments = ["truncation", str(trained_run), "--features", onnx_features]
    assert figures.main([*arguments, "--n", "20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [float(line.split()[0]) for line in lines[1:-1]] == list(THRESHOLDS["uniform"])
    pixels = np.asarray(Image.open(trained_run / "truncation.png").convert("RGB"))
    assert pixels.shape[1] > 700 and len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50


def test_mistakes(trained_run, onnx_features, capsys):
    arguments = ["truncation", str(trained_run), "--features", onnx_features, "--n"]
    for n, message in (("61", "holds 60 images: pass --n 60"), ("5", "--n 5 is too small")):
        assert figures.main([*arguments, n]) == 2
        assert message in capsys.readouterr().err
    assert not (trained_run / "truncation.png").exists()
