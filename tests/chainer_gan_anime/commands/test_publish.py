import shutil

from chainer_gan_anime.commands.publish import main
from chainer_gan_anime.runs.generators import load_generator


def test_runs_are_handed_on_with_their_cards(run_folders, tmp_path, capsys):
    for folder in run_folders:
        shutil.copy(folder / "gen_iter_3.npz", folder / "gen_average_iter_6.npz")
    out = tmp_path / "best"
    flags = ["--out", str(out), "--set-name", "white=on white", "--kind", "drawn heads"]
    assert main([*map(str, run_folders), *flags]) == 0
    said = capsys.readouterr().out
    for name in ("dragan_on-white", "sngan_coloured"):
        assert f"wrote {out / name}," in said
        card = (out / name / "card.md").read_text()
        assert "drawn heads" in card and "`gen_average_iter_6.npz` is the generator" in card
        assert str(tmp_path) not in card
        _, file = load_generator(out / name)
        assert file == "gen_average_iter_6.npz, the average of the generator"


def test_what_is_no_run_is_one_sentence(tmp_path, capsys):
    assert main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "settings.json does not exist" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
