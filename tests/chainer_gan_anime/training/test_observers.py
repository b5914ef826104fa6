import chainer
import pytest

from chainer_gan_anime.training.run import Run


@pytest.fixture
def trained(make_settings, faces, tmp_path):
    """A run whose length is no multiple of its snapshots' period, and the names it wrote."""

    def train(**given):
        settings = make_settings(iterations=5, snapshot_every=0.4, preview_every=0.4, **given)
        run = Run(settings, faces, tmp_path, chainer.get_device("@numpy"), lambda text: None)
        run.train()
        return run, {path.name for path in tmp_path.iterdir()}

    return train


def test_every_second_and_the_last_iteration_is_saved(trained, tmp_path):
    _, names = trained(keep_snapshots=2)
    nets = {f"{net}_iter_{i}.npz" for net in ("gen", "dis") for i in (2, 4, 5)}
    assert {name for name in names if name.endswith(".npz")} == nets
    assert {name for name in names if name.startswith("snapshot")} == {
        "snapshot_iter_4",
        "snapshot_iter_5",
    }
    assert {"log", "loss.png", "preview.png"} <= names
    previews = sorted(path.name for path in (tmp_path / "preview").iterdir())
    assert previews == [f"iter_{i:08}.png" for i in (2, 4, 5)]


def test_an_average_is_saved_beside(trained):
    assert "gen_average_iter_5.npz" in trained(generator_average=0.9)[1]


def test_what_was_just_saved_is_not_saved_again(trained, tmp_path):
    run, _ = trained()
    before = (tmp_path / "snapshot_iter_5").stat().st_mtime_ns
    run.observers.finish(run.trainer)
    assert (tmp_path / "snapshot_iter_5").stat().st_mtime_ns == before


def test_the_nets_beside_g_and_d_are_saved_too(trained):
    run, names = trained(algorithm="dfm")
    assert {f"{net}_iter_5.npz" for net in ("gen", "dis", "den")} <= names
    assert run.models["den"] is run.updater.extra[0]


@pytest.mark.parametrize("algorithm, shown", [("dragan", "accuracy_real"), ("began", "measure")])
def test_the_table_shows_what_the_algorithm_reports(trained, capsys, algorithm, shown):
    trained(algorithm=algorithm)
    columns = capsys.readouterr().out.splitlines()[0].split()
    assert shown in columns and ("accuracy_real" in columns) == (algorithm == "dragan")
