import pytest

from chainer_gan_anime.commands.levers import main
from chainer_gan_anime.studies.reproduction import draw_two_sets

TINY = ["--image-size=32", "--ch=16", "--iterations=2", "--batch-size=10", "--log-every=1"]


@pytest.fixture
def study(tmp_path, onnx_features):
    white, _ = draw_two_sets(tmp_path / "sets", 40, 32)

    def run(*flags):
        given = ["--dataset", white, "--out", tmp_path / "out", "--gpu=-1", "--seeds=1"]
        given += ["--features", onnx_features, "--evaluate-n=12", *TINY]
        return main([str(flag) for flag in [*given, *flags]])

    return run


def test_a_table_is_written_and_then_nothing_is_left_to_do(study, tmp_path, capsys, monkeypatch):
    whole_face_rate = pytest.importorskip("chainer_gan_anime.evaluation.scores.whole_faces")
    monkeypatch.setattr(whole_face_rate, "detection_rate", lambda images, cascade: 0.5)
    assert study("--only", "base", "decay") == 0
    assert "written to" in capsys.readouterr().out
    table = (tmp_path / "out/levers_sngan.md").read_text().splitlines()
    assert [row.split("|")[1].strip() for row in table[2:]] == [
        "real images",
        *["base"] * 2,
        *["decay"] * 2,
    ]
    assert table[3].split("|")[-2].strip() == "1.00"
    scores = tmp_path / "out/sngan/base_0/scores.jsonl"
    before = scores.read_bytes()
    assert study("--only", "base", "--no-cost") == 0
    assert scores.read_bytes() == before


def test_an_unknown_lever_is_named(study, capsys):
    assert study("--only", "decoy") == 2
    assert "--only decoy is unknown: take some of base, decay" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--seeds=0", "--no-cost"], "--seeds 0 is too small: take at least 1"),
        (["--evaluate-n=1"], "--evaluate-n 1 is too small: take at least 2"),
        (["--out", "file"], "file cannot be a folder"),
    ],
)
def test_flags_that_are_wrong_are_named(study, flags, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert study(*flags) == 2
    assert message in capsys.readouterr().err
